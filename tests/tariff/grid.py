"""An independent reckoning of peaks for tests: straight from a list of quarters, with nothing of han.tariff."""

from host_sim.house.localtime import civil_from_days

_DAYS_TO_2020 = 18262


def calendar(local):
    """(year, month, day, weekday 1 to 7, hour) of a local time, s since 2020."""
    days = local // 86400
    year, month, day = civil_from_days(days + _DAYS_TO_2020)
    return year, month, day, (days + 2) % 7 + 1, local % 86400 // 3600


def weight(rule, local):
    """% by a rule's dict, whose `when` is as a client writes it."""
    if not rule.get("when"):
        return 100
    _, month, _, weekday, hour = calendar(local)
    for window in rule["when"]:
        first, end = window.get("hours", (0, 24))
        hours = list(range(first, end)) if first < end else list(range(first, 24)) + list(range(end))
        if hour in hours and weekday in window.get("days", range(1, 8)) and month in window.get("months", range(1, 13)):
            return window["w"]
    return 0


def peaks(rule, zone, quarters):
    """{(year, month): (W of the month or None, [(W, start)] that count, the highest first)}.

    quarters: {start: (Wh, good)}, s since 2020
    """
    parts = rule.get("interval", 15) // 15
    months = {}
    midnight = after = None
    for t in sorted(quarters):
        local = zone.local(t)
        if after is None or t >= after:
            midnight, after = zone.day_start(t), zone.next_day(t)
        if (t - midnight) // 900 % parts:
            continue
        inside = [quarters.get(t + 900 * k) for k in range(parts)]
        if None in inside or not all([good for _, good in inside]):
            continue
        wh = sum([energy for energy, _ in inside])
        worth = weight(rule, local)
        year, month, day, _, _ = calendar(local)
        key = year, month
        months.setdefault(key, [])
        if worth:
            months[key].append((-wh * (4 // parts) * worth, t, wh * (4 // parts), day))
    found = {}
    for key, rows in months.items():
        rows.sort()
        taken, days = [], []
        for worth, t, w, day in rows:
            if rule.get("days") and day in days:
                continue
            days.append(day)
            taken.append((-worth, w, t))
        taken = taken[: rule.get("n", 1)]
        value = None
        if taken:
            worths = [one[0] for one in taken]
            top, bottom = (worths[-1], 100) if rule.get("nth") else (sum(worths), 100 * len(worths))
            value = (2 * top + bottom) // (2 * bottom)
        found[key] = value, [(w, t) for _, w, t in taken]
    return found
