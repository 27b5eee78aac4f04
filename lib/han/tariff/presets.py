"""Rules of grid companies, each with its source and the date from which it holds. Imported when one is asked for.

The figures are facts that were looked up, and not tried against a bill; docs/peaks.md has what is left out. Prices are
in minor units and with VAT, for households.
"""

#: "hours weekdays months" of windows, see windows.py.
_ALL, _WEEKDAYS = 0x7F, 0x1F
_YEAR, _WINTER, _SUMMER = 0xFFF, 0xC07, 0x3F8  # winter: November to March
_MICRO = 10**6
_NORWAY = {"interval": 60, "n": 3, "days": True}
# Upper limits of the usual steps in Norway, kW.
_LIMITS = 2, 5, 10, 15, 20, 25, 50, 75, 100, None


def _steps(*prices):
    """Steps of the last limits, from their prices in kroner a month, times 100."""
    limits = _LIMITS[len(_LIMITS) - len(prices) :]
    return [[limit and 1000 * limit, price * _MICRO] for limit, price in zip(limits, prices)]


def _kw(price, **more):
    """A rule of hours with a price per kW and month, in hundredths of the currency."""
    more["interval"] = 60
    more["price"] = price * _MICRO
    return more


#: (name, country, currency, date from which it holds, source, rule).
PRESETS = (
    ("flanders", "BE", "EUR", "2023-01-01", "https://www.vreg.be/nl/faq/nieuwe-nettarieven",
     {"interval": 15, "months": 12, "min": 2500}),
    ("norway", "NO", "NOK", "2022-07-01", "https://www.elvia.no/nettleie/alt-om-nettleiepriser/nettleiepriser-for-privatkunder/",
     _NORWAY),
    ("no-elvia", "NO", "NOK", "2026-07-01", "https://www.elvia.no/nettleie/alt-om-nettleiepriser/nettleie-pris/",
     dict(_NORWAY, steps=_steps(15000, 25000, 42000, 58500, 75500, 92500, 176000, 260000, 344000, 680000))),
    ("no-bkk", "NO", "NOK", "2026-01-01", "https://www.bkk.no/nettleiepriser/priser-privatkunder",
     dict(_NORWAY, steps=_steps(15500, 25000, 41500, 60000, 77000, 94000, 180000, 265000, 350000, 690000))),
    ("no-glitre", "NO", "NOK", "2026-07-01", "https://www.glitrenett.no/kunde/nettleie-og-priser/nettleiepriser-privatkunde",
     dict(_NORWAY, steps=_steps(16000, 23250, 39000, 73000, 96500, 121000, 188500, 299000, 399000, 666500))),
    ("no-lnett", "NO", "NOK", "2026-01-01", "https://www.l-nett.no/nettleie/priser-og-vilkar-privat/",
     dict(_NORWAY, steps=_steps(15000, 25000, 40000, 65000, 90000, 115000, 215000, 315000, 415000, 700000))),
    ("se-ellevio", "SE", "SEK", "2026-01-01", "https://www.ellevio.se/abonnemang/elnatspriser/hus/",
     _kw(8125, n=3, days=True, when=[[100, 6, 22, _ALL, _YEAR], [50, 22, 6, _ALL, _YEAR]])),
    ("se-goteborg", "SE", "SEK", "2026-01-01", "https://www.goteborgenergi.se/privat/elnat/elnatsavgiften",
     _kw(4900, n=3, days=True)),
    ("se-sollentuna", "SE", "SEK", "2025-01-01", "https://www.seom.se/el/elnat/priser-och-villkor/",
     _kw(13500, n=3, days=True, when=[[100, 7, 19, _WEEKDAYS, _WINTER], [50, 7, 19, _WEEKDAYS, _SUMMER]])),
    ("se-nacka", "SE", "SEK", "2025-07-01", "https://www.nackaenergi.se/privat/elnatspriser-1-juli--2025/priser-privat-1-juli-2025",
     _kw(5185, n=3)),
    ("se-partille", "SE", "SEK", "2024-01-01", "https://partilleenergi.se/elnat/",
     _kw(3250)),
    ("se-telge", "SE", "SEK", "2025-01-01", "https://www.telge.se/elnat/elnatskostnad/elnatspriser/",
     _kw(11200, when=[[100, 7, 20, _WEEKDAYS, _WINTER]])),
    ("fi-helen", "FI", "EUR", "2024-08-31", "https://www.helensahkoverkko.fi/palvelut/tuotteet/aikasiirto2",
     _kw(159, n=3, nth=True, when=[[100, 7, 22, _ALL, _YEAR], [80, 22, 7, _ALL, _YEAR]])),
    ("finland", "FI", "EUR", "2026-02-02", "https://www.helensahkoverkko.fi/en/uutiset/2026/energy-authority-clarifies-electricity-distribution-pricing",
     {"interval": 60, "free": 8000}),
)  # fmt: skip


def names():
    """The names of all presets."""
    return [row[0] for row in PRESETS]


def preset(name):
    """The rule of a preset, as in rules.py; None where there is none of this name."""
    for row in PRESETS:
        if row[0] == name:
            return dict(row[5], pc=row[2])
    return None
