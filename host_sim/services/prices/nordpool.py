"""Nord Pool's data portal, 2026-08: /api/DayAheadPrices?date=2025-10-26&market=DayAhead&deliveryArea=BE&currency=EUR.

A day that is not published is 204.
"""

from host_sim.services.prices.market import day_of, number, rows, utc_text

NAMES = ("nordpool",)


def answer(name, path, query, slots, fault):
    area = query.get("deliveryArea")
    if path != "api/DayAheadPrices" or query["market"] + query["currency"] != "DayAheadEUR":
        return 404
    start, end = day_of(query["date"])

    def row(unix, each):
        return [
            '"%s":"%sZ"' % ("start" if fault == "format" else "deliveryStart", utc_text(unix)),
            '"deliveryEnd":"%sZ"' % utc_text(unix + 900),
            '"entryPerArea":{"%s":%s}' % (area, number(each, 2)),
        ]

    found = slots(area, start, end - 1, 900)
    if not found:
        return 204
    parts = [
        '"deliveryDateCET":"%s","version":2,"deliveryAreas":["%s"],"market":"DayAhead"' % (query["date"], area),
        '"multiAreaEntries":[%s]' % rows(found, fault, row),
        '"blockPriceAggregates":[{"blockName":"Peak","deliveryStart":"%sZ","averagePricePerArea":'
        '{"%s":{"average":93.33,"min":1.0,"max":99.9}}}]' % (utc_text(start), area),
        '"currency":"%s","exchangeRate":1' % ("NOK" if fault == "unit" else "EUR"),
        '"areaStates":[{"state":"Final","areas":["%s"]}]' % area,
    ]
    if fault == "turned":
        parts.reverse()
    return ("{%s}" % ",".join(parts)).encode()
