"""elprisetjustnu.se and hvakosterstrommen.no, API v1, 2025-10 and 2026-09: /api/v1/prices/2025/10-26_SE1.json.

A day that is not published is 404.
"""

from host_sim.services.prices.market import day_of, local, number, offset, rows, utc_text

NAMES = ("elprisetjustnu", "hvakosterstrommen")
_CURRENCIES = {"elprisetjustnu": ("SEK", "10.937"), "hvakosterstrommen": ("NOK", "11.6355")}


def answer(name, path, query, slots, fault):
    currency, rate = _CURRENCIES[name]
    if path[:14] != "api/v1/prices/" or path[-5:] != ".json":
        return 404
    year, file = path[14:].split("/")
    date, area = file[:-5].split("_")
    if area[:2] != currency[:2]:
        return 404
    start, end = day_of(year + "-" + date)
    found = slots(area, start, end - 1, 900)
    if not found:
        return 404
    step = found[1][0] - found[0][0] if len(found) > 1 else 900

    names = (currency.lower(), "eur") if fault == "format" else (currency + "_per_kWh", "EUR_per_kWh")

    def row(unix, each):
        return [
            '"%s":%s' % (names[0], number(local(each, currency), 5)),
            '"%s":%s' % (names[1], number(each, 5)),
            '"EXR":' + rate,
            '"time_start":"%s"' % _iso(unix).replace("T", " " if fault == "unit" else "T"),
            '"time_end":"%s"' % _iso(unix + step),
        ]

    return ("[%s]" % rows(found, fault, row)).encode()


def _iso(unix):
    ahead = offset(unix)
    return "%s+%02d:00" % (utc_text(unix + ahead), ahead // 3600)
