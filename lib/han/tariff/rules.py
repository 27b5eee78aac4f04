"""Rules by which grid companies bill peaks. Imported when peaks are asked for, and at the end of a day.

A rule is kept in the configuration as a dict of integers. All of it may be absent:

    preset     name of a preset, see presets.py; what else is there takes the place of the preset's
    interval   minutes of which the mean is taken: 15 or 60
    n          so many of a month's highest means count
    days       True: they are of different days
    nth        True: the n-th highest alone counts, not the mean of n
    when       windows in which an interval counts: [weight in %, first hour, end, weekdays, months], see windows.py.
               The first one that holds decides; where none holds an interval does not count. Absent: always
    min        the least that a month counts, W
    months     what is billed is the mean over so many months, the running one included
    free       of what is billed so much costs nothing, W
    price      10^-6 minor units per kW and month
    steps      [W, 10^-6 minor units a month] in place of it: the first step whose W are not reached; None: any
    pc         currency of the prices; absent: the configuration's
"""
from .windows import ALL_DAYS, ALL_MONTHS, holds, rounded

#: What a rule has where its dict says nothing: the month's highest quarter of an hour.
DEFAULTS: dict = {
    "interval": 15, "n": 1, "days": False, "nth": False, "when": [], "min": 0, "months": 1, "free": 0,
    "price": None, "steps": [], "pc": None,
}  # fmt: skip
#: Weight of an interval that counts as it is, %.
WHOLE = 100


class Rule:
    """A rule with its fields as attributes, see above. asked: False for an empty dict, which makes the default.

    A preset of another version, which is not known here, is no rule.
    """

    def __init__(self, kept):
        values = dict(DEFAULTS)
        if kept.get("preset"):
            from .presets import preset

            found = preset(kept["preset"])
            if not found:
                kept = {}
            values.update(found or {})
            if "price" in kept:
                values["steps"] = []
            elif "steps" in kept:
                values["price"] = None
        values.update(kept)
        self.asked = bool(kept)
        self.values = values
        self.interval = 60 * values["interval"]  # s
        self.n, self.days, self.nth = values["n"], values["days"], values["nth"]
        self.least, self.free = values["min"], values["free"]
        self.months = values["months"]

    def weight(self, local):
        """By how many per cent an interval counts that begins at a local time, s since 2020."""
        when = self.values["when"]
        for weight, first, end, days, months in when:
            if holds(first, end, days, months, local):
                return weight
        return 0 if when else WHOLE

    def mark(self):
        """A number of 1 to 65535 that changes with the rule's choice of intervals; its prices do not matter."""
        values = self.values
        parts = [values["interval"], self.n, self.days + 2 * self.nth]
        for window in values["when"]:
            parts += window
        number = 1
        for part in parts:
            number = (number * 31 + part + 7) % 65521
        return number + 1

    def plain(self):
        """True where this is what meters keep as the month's maximum: the highest quarter of an hour at any time."""
        if self.values["interval"] != 15 or self.n != 1:
            return False
        return not self.values["when"] or self.values["when"][0] == [WHOLE, 0, 24, ALL_DAYS, ALL_MONTHS]

    def month(self, worths):
        """W that a month counts, without the rule's minimum, from the worths of its counting peaks, highest first.

        A worth is a mean power times its weight, W x %. None where there is no peak.
        """
        if not worths:
            return None
        if self.nth:
            return rounded(worths[-1], WHOLE)
        return rounded(sum(worths), WHOLE * len(worths))

    def billed(self, months):
        """W that are billed, from the W of the known ones of the last `months` months; None where there is none."""
        if not months:
            return None
        return rounded(sum([max(number, self.least) for number in months]), len(months))

    def cost(self, billed):
        """What these W cost a month, 10^-6 minor units; None where the rule has no price for them."""
        if billed is None:
            return None
        for limit, price in self.values["steps"]:
            if limit is None or billed < limit:
                return price
        price = self.values["price"]
        if price is None or self.values["steps"]:
            return None
        return rounded(max(0, billed - self.free) * price, 1000)
