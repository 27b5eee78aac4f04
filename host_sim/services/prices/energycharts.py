"""Energy-Charts: the API of api.energy-charts.info, 2025-10.

/price?bzn=FI&start=<unix>&end=<unix>, both ends included.
"""

from host_sim.services.prices.market import number

NAMES = ("energycharts",)


def answer(name, path, query, slots, fault):
    if path != "price":
        return 404
    found = slots(query["bzn"], int(query["start"]), int(query["end"]), 900)
    times = ",".join([str(unix) for unix, _ in found])
    prices = ",".join([number(each, 2) for _, each in found])
    names = ("unix_seconds", "price") if fault != "format" else ("time", "prices")
    lists = ['"%s":[%s]' % pair for pair in zip(names, (times, prices))]
    if fault == "turned":
        lists.reverse()
    unit = "EUR / kWh" if fault == "unit" else "EUR / MWh"
    return (
        '{"license_info":"For private and internal use \\"only\\"; \u00a9 exchange",%s,"unit":"%s","deprecated":false}'
        % (",".join(lists), unit)
    ).encode()
