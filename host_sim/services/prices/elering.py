"""Elering: API of dashboard.elering.ee, 2025-10.

/api/nps/price?start=…&end=…, both ends included; all areas at once.
"""

from host_sim.services.prices.market import number, rows, unix_of

NAMES = ("elering",)


def answer(name, path, query, slots, fault):
    if path != "api/nps/price":
        return 404
    start, end = [unix_of(query[key].replace("%3A", ":")) for key in ("start", "end")]

    def row(unix, each):
        time = '"%s":%d%s' % ("start" if fault == "format" else "timestamp", unix, "000" if fault == "unit" else "")
        return [time, '"price":' + number(each, 2)]

    areas = ['"%s":[%s]' % (area.lower(), rows(slots(area, start, end, 900), fault, row))
             for area in ("EE", "FI", "LV", "LT")]  # fmt: skip
    return ('{"success":true,"data":{%s}}' % ",".join(areas)).encode()
