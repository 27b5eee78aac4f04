"""Energi Data Service: the data set DayAheadPrices of api.energidataservice.dk, 2026-07.

/dataset/DayAheadPrices?start=2025-10-26T00:00&end=2025-10-27T00:00&filter={"PriceArea":["DK1"]}, Danish wall time,
the end not included. Prices are converted from single precision there, so they have odd last digits.
"""

from host_sim.services.prices.market import local, number, offset, rows, unix_of, utc_text

NAMES = ("energidataservice",)


def answer(name, path, query, slots, fault):
    if path != "dataset/DayAheadPrices":
        return 404
    area = query["filter"].replace("%22", '"').split('"')[3]
    start, end = [_local(query[key]) for key in ("start", "end")]

    def row(unix, each):
        time = utc_text(unix).replace("T", " " if fault == "unit" else "T")
        euros = number(each, 2)
        if each and each % 10:
            euros += "0001"
        return [
            '"%s":"%s"' % ("HourUTC" if fault == "format" else "TimeUTC", time),
            '"PriceArea":"%s"' % area,
            '"DayAheadPriceEUR":' + euros,
            '"DayAheadPriceDKK":' + number(local(each, "DKK"), 2),
        ]

    found = slots(area, start, end - 1, 900)
    return (
        '{"total":%d,"filters":"{\\"PriceArea\\":[\\"%s\\"]}","limit":0,"dataset":"DayAheadPrices","records":[%s]}'
        % (len(found), area, rows(found, fault, row))
    ).encode()


def _local(text):
    wall = unix_of(text)
    return wall - offset(wall - 3600)
