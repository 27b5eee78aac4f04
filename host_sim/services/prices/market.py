"""The prices of a simulated exchange, its days, and its exchange rates."""

from host_sim.house.localtime import civil_from_days, days_from_civil, is_summer

AREAS = ("SE1", "SE2", "SE3", "SE4", "FI", "EE", "LV", "LT", "NO1", "NO2", "NO3", "NO4", "NO5", "DK1", "DK2", "NL",
         "BE", "DE-LU", "AT", "PL", "CH")  # fmt: skip
RATES = (("USD", "1.1618"), ("SEK", "10.9370"), ("DKK", "7.4689"), ("NOK", "11.6355"), ("HUF", "389.68"),
         ("PLN", "4.2368"), ("CZK", "24.318"), ("GBP", "0.87280"), ("RON", "5.0834"), ("CHF", "0.9250"),
         ("ISK", "142.60"))  # fmt: skip
#: The rates above of the currencies in which services give prices, 10^-4.
RATE = {"SEK": 109370, "DKK": 74689, "NOK": 116355}


def offset(unix):
    """Seconds by which the exchange's local time is ahead of UTC."""
    return 7200 if is_summer(unix) else 3600


def day_bounds(days):
    """[start, end] in Unix seconds of the exchange's day that is `days` after 1970-01-01."""
    bounds = []
    for midnight in (days * 86400, days * 86400 + 86400):
        bounds.append(midnight - offset(midnight - 3600))  # summer time never begins or ends at midnight
    return bounds


def day_of(text):
    """[start, end] in Unix seconds of the exchange's day with a date such as 2025-10-26."""
    return day_bounds(days_from_civil(int(text[:4]), int(text[5:7]), int(text[8:10])))


def price(area, unix):
    """Price in 10^-2 EUR per MWh of the quarter of an hour that begins at `unix`; negative at some noons."""
    quarter = unix // 900
    hour = (unix + 3600) // 3600 % 24
    base = (2500, 1800, 1200, 900, 1100, 2600, 5200, 8900, 9800, 7600, 4300, 900,
            -350, -1275, 120, 1900, 4800, 9100, 12800, 11200, 7900, 5600, 4100, 3000)[hour]  # fmt: skip
    return base + (quarter * 37 + unix // 86400 * 53) % 211 + 17 * AREAS.index(area)


def local(cents, currency):
    """10^-2 EUR per MWh (or None) in another currency, rounded as services do."""
    return None if cents is None else (2 * cents * RATE[currency] + 10000) // 20000


def decimal(number, places):
    """JSON text of number / 10**places, as these services write it."""
    digits = str(abs(number))
    digits = "0" * (places + 1 - len(digits)) + digits
    sign = "-" if number < 0 else ""
    return sign + digits[:-places] + "." + (digits[-places:].rstrip("0") or "0")


def number(cents, places):
    """JSON text of cents / 10**places; null for None."""
    return "null" if cents is None else decimal(cents, places)


def utc_text(unix):
    """A time such as 2025-10-26T00:00:00, UTC."""
    return "%d-%02d-%02dT%02d:%02d:%02d" % (
        civil_from_days(unix // 86400) + (unix // 3600 % 24, unix // 60 % 60, unix % 60)
    )


def unix_of(text):
    """Unix seconds of such a time. IndexError where it is none."""
    if text[10:11] != "T" or len(text) < 16:
        raise IndexError("not a time: " + text)
    seconds = int(text[17:19] or 0)
    days = days_from_civil(int(text[:4]), int(text[5:7]), int(text[8:10]))
    return days * 86400 + int(text[11:13]) * 3600 + int(text[14:16]) * 60 + seconds


def rows(slots, fault, row):
    """JSON text of the objects of slots. row(unix, cents): the members of one, as texts."""
    texts = []
    for unix, cents in slots:
        members = row(unix, cents)
        if fault == "turned":
            members.reverse()
        texts.append("{%s}" % ",".join(members))
    return ",".join(texts)
