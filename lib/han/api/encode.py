"""JSON text from integers: the chip's floats have 24 bits, too few for a counter or a price."""
from json import dumps


def value(item):
    """Text of a str, int, bool, None, list or tuple; bytes are JSON text already."""
    if item is None:
        return "null"
    if item is True:
        return "true"
    if item is False:
        return "false"
    if isinstance(item, int):
        return str(item)
    if isinstance(item, bytes):
        return item.decode()
    if isinstance(item, (list, tuple)):
        return "[" + ",".join([value(each) for each in item]) + "]"
    return dumps(item)


def obj(*items):
    """Bytes of an object from names and values in turn: obj("type", "X", "n", 1)."""
    pairs = ['"%s":%s' % (items[i], value(items[i + 1])) for i in range(0, len(items), 2)]
    return ("{" + ",".join(pairs) + "}").encode()


def decimal(number, places):
    """Bytes of number / 10**places, exact, without zeros at the end; None stays None."""
    if number is None:
        return None
    digits = str(abs(number))
    if len(digits) <= places:
        digits = "0" * (places + 1 - len(digits)) + digits
    whole = digits[: len(digits) - places]
    fraction = digits[len(digits) - places :].rstrip("0")
    text = whole + "." + fraction if fraction else whole
    return ("-" + text if number < 0 else text).encode()
