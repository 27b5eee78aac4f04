"""The contract of the house in __main__.py: prices, VAT, fees, rules of peaks; and when its reader loses its power."""

import random

from host_sim.services.prices import market
from tools.prove.bills import bill
from tools.prove.jumping import DAY, HOUR, MINUTE, ZONE

AREA = "FI"
#: Day and night, winter and summer, weekends, and one at all times.
SETTINGS = {
    "t": str(ZONE), "s": True, "pa": AREA, "pc": "EUR", "vat": 25.5, "monthly": 1234.5, "sell": None,
    "fees": [
        {"p": 2.253}, {"p": 3.0517, "hours": [7, 22], "days": [1, 2, 3, 4, 5, 6], "months": [11, 12, 1, 2, 3]},
        {"p": 1.2249, "hours": [22, 7]}, {"p": -0.31, "days": [7], "months": [4, 5, 6, 7, 8, 9, 10]},
    ],
}  # fmt: skip
#: The rules of the two years, as the setting `cap`. One bills hours, and the other what Flanders does.
RULES = {"hours": {"interval": 60, "n": 3, "days": True}, "quarters": {"interval": 15, "months": 12, "min": 2.5}}


def quote(quarter):
    """What the simulated exchange wants for a kWh in a quarter (Unix s), 10^-6 cents."""
    return market.price(AREA, quarter) * 1000


def plan(start, days, seed):
    """[(s after the start, s without power)]: a cut every few days, at any time, and at some changes of the clock."""
    chance = random.Random(seed)
    cuts = []
    for day in range(1, days - 1):
        noon = start + day * DAY + DAY // 2
        changes = bill.day_of(noon + DAY, ZONE) - bill.day_of(noon, ZONE) != DAY
        if changes and chance.random() < 0.5:
            cuts.append((bill.day_of(noon, ZONE) - start + chance.randrange(HOUR, 4 * HOUR), 2 * HOUR))
        elif day % 5 == 1 and not changes:
            cuts.append((day * DAY + chance.randrange(2 * HOUR, 18 * HOUR), chance.randrange(2 * MINUTE, 5 * HOUR)))
    return cuts
