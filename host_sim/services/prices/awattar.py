"""aWATTar: API v1 of api.awattar.de and api.awattar.at, 2026-09, a server for each area.

/v1/marketdata?start=<unix ms>&end=<unix ms>, the end not included. By the hour.
"""

from host_sim.services.prices.market import number, rows

NAMES = ("awattar.de", "awattar.at")


def answer(name, path, query, slots, fault):
    if path != "v1/marketdata":
        return 404
    start, end = [int(query[key]) // 1000 for key in ("start", "end")]

    def row(unix, each):
        return [
            '"%s":%d000' % ("start" if fault == "format" else "start_timestamp", unix),
            '"end_timestamp":%d000' % (unix + 3600),
            '"marketprice":' + number(each, 2),
            '"unit":"%s"' % ("Eur/kWh" if fault == "unit" else "Eur/MWh"),
        ]

    found = slots("AT" if name == "awattar.at" else "DE-LU", start, end - 1, 3600)
    return ('{"object":"list","data":[%s],"url":"/%s/v1/marketdata"}' % (rows(found, fault, row), name[-2:])).encode()
