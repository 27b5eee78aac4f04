"""What clients of P1 insist on, each as strict as its own source, in our own words.

evcc          reads from `/` to the next `!` and on to the next LF; four hex digits in capitals; takes the first value
              of a line `A-B:C.D.E(value*unit)`; the total of an energy, else the sum of its two tariffs
DSMR-reader   and dsmr-parser: no `/` inside a telegram; CR LF behind the checksum and each line; a value in its
              parentheses to the end of its line, of digits, letters and . * - :
ESPHome       refuses a telegram for one bad line: numbers are digits with a point and at most three decimals, no
              sign; units as in the standard; times of 13 characters; no code twice; at most 1500 bytes
"""

#: Bytes that ESPHome's buffer takes, unless it is told to take more.
LONGEST = 1500

_CONTENT = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.*-:"
_UNITS = {
    "1.8.": "kWh", "2.8.": "kWh", "3.8.": "kvarh", "4.8.": "kvarh", "1.7.0": "kW", "2.7.0": "kW", "3.7.0": "kvar",
    "4.7.0": "kvar", "31.7.0": "A", "51.7.0": "A", "71.7.0": "A", "32.7.0": "V", "52.7.0": "V", "72.7.0": "V",
}  # fmt: skip
for _phase in 20, 40, 60:
    for _way, _unit in ((1, "kW"), (2, "kW"), (3, "kvar"), (4, "kvar")):
        _UNITS["%d.7.0" % (_phase + _way)] = _unit


def arc(data):
    """CRC-16/ARC, bit by bit."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


def evcc(data):
    """{code: value} of one telegram with its checksum and end of line."""
    assert data[:1] == b"/"
    end = data.find(b"!") + 1
    rest = data[end:]
    assert end and rest.find(b"\n") == len(rest) - 1, rest
    assert rest.strip() == b"%04X" % arc(data[:end]), rest
    found = {}
    for line in data[:end].decode().split("\n"):
        code, _, value = line.strip().partition("(")
        if value:
            found[code] = value.split(")")[0].split("*")[0]
    return found


def total(found, direction):
    """The energy of a direction (1 import, 2 export) as evcc takes it, Wh; None where there is none."""
    code = "1-0:%d.8.0" % direction
    return wh(found[code]) if code in found else tariffs(found, direction)


def tariffs(found, direction):
    """The energy of a direction as clients of the Dutch standard take it: the sum of both tariffs, Wh."""
    both = [found["1-0:%d.8.%d" % (direction, i)] for i in (1, 2) if "1-0:%d.8.%d" % (direction, i) in found]
    return sum([wh(one) for one in both]) if both else None


def wh(text):
    return int(text.replace(".", ""))


def dsmr_reader(data):
    text = data.decode()  # ASCII
    assert max(data) < 0x80
    assert text[0] == "/" and "/" not in text[1:] and text.count("!") == 1
    assert text[-2:] == "\r\n" and text[-7] == "!" and all([c in "0123456789ABCDEF" for c in text[-6:-2]])
    assert text.replace("\r\n", "").find("\n") < 0 and text.replace("\r\n", "").find("\r") < 0
    head, empty, *rest = text[:-7].split("\r\n")
    assert len(head) > 5 and head[4] == "5" and empty == "" and rest.pop() == ""
    for line in rest:
        code, _, content = line.partition("(")
        assert content[-1:] == ")", line
        for value in content[:-1].split(")("):
            assert all([c in _CONTENT for c in value]), line


def esphome(data):
    seen = []
    for line in data[: data.find(b"!")].decode().split("\r\n")[2:-1]:
        code, _, content = line.partition("(")
        assert code not in seen, line
        seen.append(code)
        channel, short = code.split(":")
        values = content[:-1].split(")(")
        if short == "1.0.0":
            _time(values[0])
        elif short == "96.14.0":
            assert len(values[0]) == 4
        elif short == "0.2.8":
            assert values == ["50"]
        elif short in ("96.1.1", "96.1.0"):
            assert len(values[0]) <= 96 and len(values[0]) % 2 == 0
        elif short == "24.1.0":
            assert values[0].isdigit() and int(values[0]) < 256
        elif short == "24.2.1":
            _time(values[0])
            _number(values[1], ("m3", "GJ", "kWh"))
        else:
            assert channel == "1-0", line
            _number(values[0], (_UNITS.get(short) or _UNITS[short[:4]],))


def _time(text):
    assert len(text) == 13 and text[:12].isdigit() and text[12] in "SW", text


def _number(text, units):
    number, _, unit = text.partition("*")
    whole, _, decimals = number.partition(".")
    assert unit in units and whole.isdigit() and decimals.isdigit() and len(decimals) <= 3, text


def every(data):
    """Let each of them read a telegram."""
    evcc(data)
    dsmr_reader(data)
    esphome(data)
