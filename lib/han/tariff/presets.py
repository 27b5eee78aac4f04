"""Rules of grid companies, each with its source and the date from which it holds. Imported when one is asked for.

The figures are facts that were looked up, and not tried against a bill; docs/peaks.md has what is left out. Prices are
in minor units and with VAT, for households.
"""

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# "hours weekdays months" of windows, see windows.py.
_ALL = const(0x7F)
_WEEKDAYS = const(0x1F)
_YEAR = const(0xFFF)
_WINTER = const(0xC07)  # November to March
_SUMMER = const(0x3F8)
_MICRO = const(1000000)
# Upper limits of the usual steps in Norway, kW.
_LIMITS = 2, 5, 10, 15, 20, 25, 50, 75, 100, None

#: (name, country, currency, date from which it holds, source, rule). Literals alone, as those are in flash: preset()
#: makes a dict of a rule. There, "price" is per kW and month, in hundredths of the currency, and "steps" are the prices
#: of the last limits, in kroner a month times 100.
PRESETS = (
    ("flanders", "BE", "EUR", "2023-01-01", "https://www.vreg.be/nl/faq/nieuwe-nettarieven",
     (("interval", 15), ("months", 12), ("min", 2500))),
    ("norway", "NO", "NOK", "2022-07-01", "https://www.elvia.no/nettleie/alt-om-nettleiepriser/nettleiepriser-for-privatkunder/",
     (("interval", 60), ("n", 3), ("days", True))),
    ("no-elvia", "NO", "NOK", "2026-07-01", "https://www.elvia.no/nettleie/alt-om-nettleiepriser/nettleie-pris/",
     (("interval", 60), ("n", 3), ("days", True),
      ("steps", (15000, 25000, 42000, 58500, 75500, 92500, 176000, 260000, 344000, 680000)))),
    ("no-bkk", "NO", "NOK", "2026-01-01", "https://www.bkk.no/nettleiepriser/priser-privatkunder",
     (("interval", 60), ("n", 3), ("days", True),
      ("steps", (15500, 25000, 41500, 60000, 77000, 94000, 180000, 265000, 350000, 690000)))),
    ("no-glitre", "NO", "NOK", "2026-07-01", "https://www.glitrenett.no/kunde/nettleie-og-priser/nettleiepriser-privatkunde",
     (("interval", 60), ("n", 3), ("days", True),
      ("steps", (16000, 23250, 39000, 73000, 96500, 121000, 188500, 299000, 399000, 666500)))),
    ("no-lnett", "NO", "NOK", "2026-01-01", "https://www.l-nett.no/nettleie/priser-og-vilkar-privat/",
     (("interval", 60), ("n", 3), ("days", True),
      ("steps", (15000, 25000, 40000, 65000, 90000, 115000, 215000, 315000, 415000, 700000)))),
    ("se-ellevio", "SE", "SEK", "2026-01-01", "https://www.ellevio.se/abonnemang/elnatspriser/hus/",
     (("interval", 60), ("price", 8125), ("n", 3), ("days", True),
      ("when", ((100, 6, 22, _ALL, _YEAR), (50, 22, 6, _ALL, _YEAR))))),
    ("se-goteborg", "SE", "SEK", "2026-01-01", "https://www.goteborgenergi.se/privat/elnat/elnatsavgiften",
     (("interval", 60), ("price", 4900), ("n", 3), ("days", True))),
    ("se-sollentuna", "SE", "SEK", "2025-01-01", "https://www.seom.se/el/elnat/priser-och-villkor/",
     (("interval", 60), ("price", 13500), ("n", 3), ("days", True),
      ("when", ((100, 7, 19, _WEEKDAYS, _WINTER), (50, 7, 19, _WEEKDAYS, _SUMMER))))),
    ("se-nacka", "SE", "SEK", "2025-07-01", "https://www.nackaenergi.se/privat/elnatspriser-1-juli--2025/priser-privat-1-juli-2025",
     (("interval", 60), ("price", 5185), ("n", 3))),
    ("se-partille", "SE", "SEK", "2024-01-01", "https://partilleenergi.se/elnat/",
     (("interval", 60), ("price", 3250))),
    ("se-telge", "SE", "SEK", "2025-01-01", "https://www.telge.se/elnat/elnatskostnad/elnatspriser/",
     (("interval", 60), ("price", 11200), ("when", ((100, 7, 20, _WEEKDAYS, _WINTER),)))),
    ("fi-helen", "FI", "EUR", "2024-08-31", "https://www.helensahkoverkko.fi/palvelut/tuotteet/aikasiirto2",
     (("interval", 60), ("price", 159), ("n", 3), ("nth", True),
      ("when", ((100, 7, 22, _ALL, _YEAR), (80, 22, 7, _ALL, _YEAR))))),
    ("finland", "FI", "EUR", "2026-02-02", "https://www.helensahkoverkko.fi/en/uutiset/2026/energy-authority-clarifies-electricity-distribution-pricing",
     (("interval", 60), ("free", 8000))),
)  # fmt: skip


def names():
    """The names of all presets."""
    return [row[0] for row in PRESETS]


def preset(name):
    """The rule of a preset, as in rules.py; None where there is none of this name."""
    for row in PRESETS:
        if row[0] == name:
            return dict(_rule(row[5]), pc=row[2])
    return None


def _rule(pairs):
    rule = dict(pairs)
    if "price" in rule:
        rule["price"] *= _MICRO
    if "steps" in rule:
        limits = _LIMITS[-len(rule["steps"]) :]
        rule["steps"] = [[limit and 1000 * limit, price * _MICRO] for limit, price in zip(limits, rule["steps"])]
    if "when" in rule:
        rule["when"] = [list(window) for window in rule["when"]]
    return rule
