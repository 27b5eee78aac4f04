"""Makes JSON text from integers. The chip's floats have 24 bits, which is too few for a counter or a price."""
from json import dumps


def text(value):
    """A str, int or None as JSON."""
    return "null" if value is None else dumps(value)


def flag(value):
    """A value as JSON true or false."""
    return "true" if value else "false"


def decimal(number, places):
    """number / 10**places as JSON, exact and without zeros at the end; null for None."""
    if number is None:
        return "null"
    digits = str(abs(number))
    if places:
        if len(digits) <= places:
            digits = "0" * (places + 1 - len(digits)) + digits
        fraction = digits[len(digits) - places :].rstrip("0")
        digits = digits[: len(digits) - places]
        if fraction:
            digits += "." + fraction
    return "-" + digits if number < 0 else digits
