"""Decode a capture of an electricity meter's customer port; run it when a meter is not recognised.

    python -m tools.decode [--key HEX] [--auth-key HEX] FILE|-

Input: raw bytes, hex text, or one bare APDU. Output: one JSON object a line for each
telegram; on stderr what became of every byte. Exit 0 where anything decoded, 1 where
nothing did, 2 for bad arguments.
"""
import argparse
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "lib"))

from han.meter import obis, reading as slots  # noqa: E402
from han.meter.decoder import Decoder  # noqa: E402
from han.wire.framer import Framer  # noqa: E402

_FRAMINGS = {1: "HDLC", 2: "M-Bus", 3: "P1", 4: "ciphered P1"}
_EPOCH_DAYS = 18262  # 1970-01-01 to 2020-01-01


def _numbers():
    """(name, field, divisor) in the order of output."""
    yield "import_power_w", obis.IMPORT_POWER, 1
    yield "export_power_w", obis.EXPORT_POWER, 1
    yield "import_reactive_var", obis.IMPORT_REACTIVE, 1
    yield "export_reactive_var", obis.EXPORT_REACTIVE, 1
    for phase in range(3):
        name = "l%d_" % (phase + 1)
        yield name + "import_power_w", obis.L1_IMPORT_POWER + phase, 1
        yield name + "export_power_w", obis.L1_EXPORT_POWER + phase, 1
        yield name + "import_reactive_var", obis.L1_IMPORT_REACTIVE + phase, 1
        yield name + "export_reactive_var", obis.L1_EXPORT_REACTIVE + phase, 1
    for phase in range(3):
        yield "l%d_voltage_v" % (phase + 1), obis.L1_VOLTAGE + phase, 10
    for phase in range(3):
        yield "l%d_current_a" % (phase + 1), obis.L1_CURRENT + phase, 1000
    yield "import_energy_wh", obis.IMPORT_ENERGY, 1
    yield "export_energy_wh", obis.EXPORT_ENERGY, 1
    yield "import_reactive_varh", obis.IMPORT_REACTIVE_ENERGY, 1
    yield "export_reactive_varh", obis.EXPORT_REACTIVE_ENERGY, 1
    for tariff in range(4):
        yield "import_energy_t%d_wh" % (tariff + 1), obis.IMPORT_ENERGY_T1 + tariff, 1
        yield "export_energy_t%d_wh" % (tariff + 1), obis.EXPORT_ENERGY_T1 + tariff, 1
    for tariff in range(2):
        yield "import_reactive_t%d_varh" % (tariff + 1), obis.IMPORT_REACTIVE_ENERGY_T1 + tariff, 1
        yield "export_reactive_t%d_varh" % (tariff + 1), obis.EXPORT_REACTIVE_ENERGY_T1 + tariff, 1


_NUMBERS = tuple(_numbers())


def _iso(seconds):
    days, rest = divmod(seconds, 86400)
    # Days to year, month and day by counting 400-year cycles from 1 March of year 0.
    shifted = days + _EPOCH_DAYS + 719468
    era, day = divmod(shifted, 146097)
    year = (day - day // 1460 + day // 36524 - day // 146096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5 - 1
    month += 3 if month < 10 else -9
    year += 400 * era + (month < 3)
    return "%04d-%02d-%02dT%02d:%02d:%02d" % (year, month, day, rest // 3600, rest // 60 % 60, rest % 60)


def _ascii_id(text):
    """The readable form of a P1 equipment number, which is sent as hex digits; None where it is not."""
    try:
        plain = bytes.fromhex(text)
    except ValueError:
        return None
    readable = len(plain) > 1 and all(48 <= b <= 57 or 65 <= b <= 90 or 97 <= b <= 122 for b in plain)
    return plain.decode() if readable else None


def fields(reading):
    """One telegram's reading as a dictionary with the field names of the recorded telegrams."""
    out = {}
    if reading.clock is not None:
        out["ts"] = _iso(reading.clock)
        if reading.dst is not None:
            out["ts_dst"] = reading.dst
        if reading.deviation is not None:
            out["ts_deviation_min"] = reading.deviation
    names = ("meter_id", "meter_type", "manufacturer", "list_version", "p1_ident")
    for slot, name in enumerate(names):
        text = reading.text(slot)
        if text is not None:
            out[name] = text
    if "p1_ident" in out and "meter_id" in out:
        plain = _ascii_id(out["meter_id"])
        if plain:
            out["meter_id_ascii"] = plain
    for name, field, divisor in _NUMBERS:
        number = reading.get(field)
        if number is not None:
            out[name] = number // divisor if number % divisor == 0 else number / divisor
    return out


class Account:
    """What became of every byte, told on a stream in the order of the input."""

    def __init__(self, out):
        self.out = out
        self.spans = []
        self.decoder = None

    def framer(self, what, start, end):
        """A range of bytes was taken for a telegram or given up."""
        self.spans.append((start, end, what))

    def kind(self, kind, start, end):
        """The framer hands over a telegram."""
        start, end, _ = self.spans[-1]
        self.out.write("%d-%d: %s telegram of %d bytes, checksum right\n" % (start, end - 1, _FRAMINGS[kind], end - start))

    def outcome(self, what, detail):
        """The decoder has dealt with a telegram."""
        if what.startswith("rejected: encrypted") or what.startswith("rejected: key") or "authentication" in what:
            c = self.decoder.ciphered
            detail = "system_title=%s frame_counter=%08x security=%02x" % (c.title.hex(), c.counter, c.control)
            self.out.write("encrypted: %s (%s)\n" % (detail, what[10:].replace("encrypted: ", "")))
        else:
            self.out.write("  %s%s\n" % (what, " (%s)" % detail if detail else ""))

    def summary(self, length):
        """The bytes that belong to no telegram, then the totals."""
        taken = bytearray(length)
        for start, end, what in sorted(self.spans, key=lambda span: span[2] != "telegram"):
            if what == "telegram":
                taken[start:end] = b"\1" * (end - start)
        for start, end, what in self.spans:
            if what != "telegram" and not all(taken[start:end]):
                self.out.write("%d-%d: opens like a telegram, %s\n" % (start, end - 1, _GIVEN_UP[what]))
        loose = taken.count(0)
        at = 0
        while loose and at < length:
            at = taken.find(0, at)
            if at < 0:
                break
            end = taken.find(1, at)
            end = length if end < 0 else end
            self.out.write("%d-%d: %d bytes in no telegram\n" % (at, end - 1, end - at))
            at = end
        telegrams = sum(what == "telegram" for _, _, what in self.spans)
        d = self.decoder
        self.out.write("%d bytes: %d in %d telegrams, %d in none; %d decoded, %d rejected, %d encrypted\n" % (
            length, length - loose, telegrams, loose, d.decoded, d.rejected, d.encrypted))


_GIVEN_UP = {
    "checksum": "but its checksum is wrong",
    "truncated": "but it is cut off",
    "overrun": "but it does not end",
}


def read_input(data):
    """The bytes of a capture: hex text is converted, anything else taken as it is."""
    text = data.translate(None, b" \t\r\n:,-")
    if text and all(c in b"0123456789abcdefABCDEF" for c in text) and len(text) % 2 == 0:
        return bytes.fromhex(text.decode())
    return data


def decode(data, emit, out, cipher=None):
    """Decode a capture; emit(dict) for each telegram, the account goes to `out`. Returns the decoder."""
    account = Account(out)

    def decoder():
        account.decoder = Decoder(lambda reading: emit(fields(reading)), cipher, account.outcome)
        return account.decoder

    if data[:1] in (b"\x0f", b"\xdb", b"\xe0") or data[:3] == b"\xe6\xe7\x00":
        found = decoder()
        out.write("0-%d: taken as a bare APDU\n" % (len(data) - 1))
        found.apdu(bytearray(data), 0, len(data))
        if found.decoded or found.encrypted:
            return found
    found = decoder()

    def sink(kind, buf, start, end):
        account.kind(kind, start, end)
        found.telegram(kind, buf, start, end)

    framer = Framer(sink, trace=account.framer)
    framer.feed(data, len(data))
    framer.gap()
    account.summary(len(data))
    return found


def main(argv=None):
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.decode", description=__doc__.splitlines()[0])
    parser.add_argument("--key", help="encryption key, 32 hex digits")
    parser.add_argument("--auth-key", help="authentication key, 32 hex digits")
    parser.add_argument("file", help="capture: raw bytes, hex text or one bare APDU; - for standard input")
    args = parser.parse_args(argv)
    try:
        data = sys.stdin.buffer.read() if args.file == "-" else pathlib.Path(args.file).read_bytes()
    except OSError as error:
        parser.error("cannot read %s: %s" % (args.file, error.strerror))
    found = decode(read_input(data), lambda one: print(json.dumps(one, ensure_ascii=False)), sys.stderr)
    return 0 if found.decoded else 1


if __name__ == "__main__":
    sys.exit(main())
