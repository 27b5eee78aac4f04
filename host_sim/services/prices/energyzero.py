"""EnergyZero: API v1 of api.energyzero.nl, 2026-07.

/v1/energyprices?fromDate=2025-10-25T22:00:00.000Z&tillDate=…&interval=4&usageType=1&inclBtw=false, both ends included.
By the hour. With inclBtw=true the prices have 21 % VAT and are rounded to cents.
"""

from host_sim.services.prices.market import number, rows, unix_of, utc_text

NAMES = ("energyzero",)


def answer(name, path, query, slots, fault):
    if path != "v1/energyprices" or query["interval"] + query["usageType"] != "41":
        return 404
    start, end = [unix_of(query[key]) for key in ("fromDate", "tillDate")]
    vat = query["inclBtw"] != "false"

    def row(unix, each):
        if vat and each is not None:
            each = (each * 121 + 50000) // 100000 * 1000
        time = utc_text(unix).replace("T", " " if fault == "unit" else "T")
        return ['"%s":%s' % ("tariff" if fault == "format" else "price", number(each, 5)), '"readingDate":"%sZ"' % time]

    found = slots("NL", start, end, 3600)
    return (
        '{"Prices":[%s],"intervalType":4,"average":0.08,"fromDate":"%s","tillDate":"%s"}'
        % (rows(found, fault, row), query["fromDate"], query["tillDate"])
    ).encode()
