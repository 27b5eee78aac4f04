"""Decode a capture of an electricity meter's customer port. Use it if a meter is not recognised.

    python -m tools.decode [--key HEX] [--auth-key HEX] [--any-checksum] [--registers [--json]] FILE|-

Input: raw bytes, hex text, or one bare APDU. Output: one JSON object per line for each telegram, with `sub` and `x` as
in the meter message; on stderr the fate of every byte. With --registers the output is a table of every register of
each complete telegram, also of one that makes no reading; with --json too, it is what GET /meter/registers answers, one
telegram per line. Exit status: 0 if a telegram was decoded or has registers, 1 if none was, 2 for bad arguments.
"""
import argparse
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "lib"))

from han.api.messages.extra import more  # noqa: E402  needs the path above
from han.api.messages.registers import pieces  # noqa: E402
from han.meter.decoder import Decoder  # noqa: E402
from han.meter.live import Live  # noqa: E402
from han.meter.reading import BESIDES, UNSCALED  # noqa: E402
from han.meter.registers import Copy  # noqa: E402
from han.wire.conventions import Conventions  # noqa: E402
from han.wire.framer import GLO, P1, Framer  # noqa: E402
from han.wire.layers.gcm import Cipher, parse_key  # noqa: E402
from han.wire.layers.unwrap import APDU  # noqa: E402

from tools.fields import fields, iso  # noqa: E402

# Fields of a register that are shown with their names, in the last column.
_SOMETIMES = "log", "stored", "text", "status", "attribute"
# Longer values are not aligned.
_WIDEST = 60
_FRAMINGS = {1: "HDLC", 2: "M-Bus", 3: "P1", 4: "ciphered P1", 5: "SML"}


class Account:
    """Writes the fate of every byte to a stream, in the order of the input."""

    def __init__(self, out):
        self.out = out
        self.spans = []
        self.decoder = None

    def framer(self, what, start, end):
        """The framer has taken a range of bytes for a telegram, or given it up."""
        self.spans.append((start, end, what))

    def kind(self, kind, data):
        """The framer passes on a telegram of the input `data`."""
        start, end, what = self.spans[-1]
        _, _, other = what.partition(": ")
        check = "checksum: " + other if other else "checksum right"
        if kind == GLO or kind == P1 and data[end - 1] & 0x7F == 0x21:  # "!" without a CRC after it
            check = "no checksum"
        if kind == P1 and data[start] & 0x80:
            check += ", parity right (a 7E1 line)"
        self.out.write("%d-%d: %s telegram of %d bytes, %s\n" % (start, end - 1, _FRAMINGS[kind], end - start, check))

    def outcome(self, what, detail):
        """The decoder has decoded or rejected a telegram."""
        if what.startswith(("rejected: encrypted", "rejected: key", "rejected: authentication key")):
            layers = self.decoder.layers
            c = layers.ciphered
            counter = int.from_bytes(layers.buf[c.start - 4 : c.start], "big")
            detail = "system_title=%s frame_counter=%08x security=%02x" % (c.title.hex(), counter, c.control)
            self.out.write("encrypted: %s (%s)\n" % (detail, what[10:].replace("encrypted: ", "")))
        else:
            if what == "decoded" and self.decoder.reading.said[UNSCALED]:
                detail = self._scale()
            self.out.write("  %s%s\n" % (what, " (%s)" % detail if detail else ""))

    def _scale(self):
        """The scales that the decoder has used for a list without scalers. It takes hours to find that of energies."""
        scales = self.decoder.scales
        volts = {0: "V", -2: "0.01 V"}[scales.voltage.used]
        amperes = {0: "0.01 A", -1: "mA", None: "0.01 A or mA"}[scales.current.used]
        return "the list has no scale: taken for %s, %s, 10 Wh" % (volts, amperes)

    def summary(self, length):
        """Write the ranges of bytes that belong to no telegram, then the totals."""
        taken = bytearray(length)
        telegrams = [span for span in self.spans if span[2].startswith("telegram")]
        for start, end, _ in telegrams:
            taken[start:end] = b"\1" * (end - start)
        for start, end, what in self.spans:
            if not what.startswith("telegram") and not all(taken[start:end]):
                what, _, other = what.partition(": ")
                self.out.write("%d-%d: opens like a telegram, %s\n" % (
                    start, end - 1, _OTHER % other if other else _GIVEN_UP[what]))
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
        d = self.decoder
        self.out.write("%d bytes: %d in %d telegrams, %d in none; %d decoded, %d rejected, %d encrypted\n" % (
            length, length - loose, len(telegrams), loose, d.decoded, d.rejected, d.layers.encrypted))


_GIVEN_UP = {
    "checksum": "but its checksum is wrong",
    "truncated": "but it is cut off",
    "overrun": "but it has no end",
    "parity": "but with a wrong parity in bit 7 (a 7E1 line), or the first one with a parity there",
}
_OTHER = (
    "but its checksum follows another convention (checksum: %s): --any-checksum accepts it; a reader accepts it on the"
    " line from the fifth in a row on"
)


def keys(key, auth_key):
    """The Cipher for keys as the user spells them, None without a key. ValueError names the bad argument."""
    parsed = []
    for name, text in ("--key", key), ("--auth-key", auth_key):
        try:
            parsed.append(parse_key(text) if text else None)
        except ValueError as error:
            raise ValueError("%s: %s" % (name, error)) from None
    if parsed[1] and not parsed[0]:
        raise ValueError("--auth-key needs --key")
    return Cipher(*parsed) if parsed[0] else None


def read_input(data):
    """The bytes of a capture: hex text is converted, anything else is returned unchanged."""
    text = data.translate(None, b" \t\r\n:,-")
    if text and all(c in b"0123456789abcdefABCDEF" for c in text) and len(text) % 2 == 0:
        return bytes.fromhex(text.decode())
    return data


class Registers:
    """Prints every register of each telegram, as a table or as JSON."""

    def __init__(self, as_json):
        self.as_json = as_json
        self.telegrams = 0

    def take(self, inside, decoder):
        """The decoder has a telegram."""
        self.telegrams += 1
        said = "".join(pieces(Copy(inside, decoder), None, None))
        if self.as_json:
            print(said)
            return
        message = json.loads(said)
        print(message["format"], message["head"] or "")
        rows = [("code", "name", "value", "unit", "time", "")] + [_row(one) for one in message["registers"]]
        widths = [min(_WIDEST, max([len(row[i]) for row in rows])) for i in range(5)]
        for row in rows:
            print("  ".join([cell.ljust(width) for cell, width in zip(row, widths)] + [row[5]]).rstrip())
        print()


def _row(register):
    """The cells of a register."""
    code, name, value, unit, time = [register.get(key) or "" for key in ("obis", "name", "value", "unit", "time")]
    rest = ["%s %s" % (key, register[key]) for key in _SOMETIMES if key in register]
    if "assumed" in register:
        rest.append("the list has no codes")
    return code, name, "-" if register["value"] is None else value, unit, time, ", ".join(rest)


def told(reading):
    """{name: value} of a Reading, and `sub` and `x` as in the meter message, with times as `ts` is here."""
    out = fields(reading)
    live = Live()
    live.merge(reading)
    if reading.more & BESIDES:
        live.take_more(reading)
    extension = more(live, lambda local, dst: json.dumps(None if local is None else iso(local)))
    out.update(json.loads("{%s}" % extension[1:]))
    return out


def decode(data, emit, out, cipher=None, enough=Conventions.usually, tap=None):
    """Decode a capture. Returns the Decoder, with its counters.

    emit(dict)  called for each telegram
    out         stream for the fate of every byte
    enough      number of telegrams in a row that prove another convention of checksums
    tap         None, or an object that is shown each complete telegram, see Decoder.tap
    """
    account = Account(out)

    def decoder():
        account.decoder = Decoder(lambda reading: emit(told(reading)), cipher, account.outcome)
        account.decoder.tap = tap
        return account.decoder

    if data[:1] in (b"\x0f", b"\xdb", b"\xe0") or data[:3] == b"\xe6\xe7\x00":
        found = decoder()
        out.write("0-%d: taken as a bare APDU\n" % (len(data) - 1))
        found.telegram(APDU, bytearray(data), 0, len(data))
        if found.decoded or found.layers.encrypted:
            return found
    found = decoder()

    def sink(kind, buf, start, end):
        account.kind(kind, data)
        found.telegram(kind, buf, start, end)

    framer = Framer(sink, trace=account.framer, enough=enough)
    framer.feed(data, len(data))
    framer.gap()
    account.summary(len(data))
    return found


def main(argv=None):
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.decode", description=__doc__.splitlines()[0])
    parser.add_argument("--key", help="encryption key, 32 hex digits")
    parser.add_argument("--auth-key", help="authentication key, 32 hex digits")
    parser.add_argument("--any-checksum", action="store_true",
                        help="accept a P1 or SML telegram if its checksum is right by any known convention")
    parser.add_argument("--registers", action="store_true", help="print every register of each telegram")
    parser.add_argument("--json", action="store_true", help="with --registers: as JSON instead of a table")
    parser.add_argument("file", help="the capture: raw bytes, hex text or one bare APDU; - reads standard input")
    args = parser.parse_args(argv)
    try:
        data = sys.stdin.buffer.read() if args.file == "-" else pathlib.Path(args.file).read_bytes()
    except OSError as error:
        parser.error("cannot read %s: %s" % (args.file, error.strerror))
    try:
        cipher = keys(args.key, args.auth_key)
    except ValueError as error:
        parser.error(str(error))
    if args.json and not args.registers:
        parser.error("--json needs --registers")
    enough = 1 if args.any_checksum else Conventions.usually
    tap = Registers(args.json) if args.registers else None

    def emit(one):
        if not tap:
            print(json.dumps(one, ensure_ascii=False))

    found = decode(read_input(data), emit, sys.stderr, cipher, enough, tap)
    return 0 if found.decoded or tap and tap.telegrams else 1


if __name__ == "__main__":
    sys.exit(main())
