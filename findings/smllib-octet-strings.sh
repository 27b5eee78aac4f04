#!/bin/sh
# smllib 1.7 gives two meters with different numbers the same one.
#
# A value in SML may be an octet string, which is any bytes: a meter's number (1-0:96.1.0) is often binary. smllib shows
# it in hex, unless it can be a text: but bytes that are no UTF-8 are dropped first, and what is left is judged. If that
# is letters and digits, it is the value, without the others. A8 31 32 33 and 31 32 C3 33 are both "123".
#
# A way round: a build context of one's own, whose builder of list entries leaves the hex digits as they are.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet smllib==1.7
"$folder/venv/bin/python" -I - >"$folder/seen" <<'END'
from smllib import SmlStreamReader
from smllib.sml import SmlGetListResponse

NONE = b"\x01"


def crc(data):
    """CRC-16/X25, of messages and of the file."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x8408 if value & 1 else 0)
    return (value ^ 0xFFFF).to_bytes(2, "little")


def octets(data):
    return bytes((len(data) + 1,)) + data


def row(*items):
    return bytes((0x70 | len(items),)) + b"".join(items)


def message(kind, body):
    """With a transaction's number, group 0, and nothing to do on an error."""
    tag = b"\x63" + kind.to_bytes(2, "big")
    whole = b"\x76" + octets(b"1") + b"\x62\x00\x62\x00" + row(tag, body)
    return whole + b"\x63" + crc(whole) + b"\x00"


def file(number):
    entry = row(octets(b"\x01\x00\x60\x01\x00\xff"), NONE, NONE, NONE, NONE, octets(number), NONE)
    body = message(0x101, row(NONE, NONE, octets(b"1"), octets(b"server"), NONE, NONE))
    body += message(0x701, row(NONE, octets(b"server"), NONE, NONE, row(entry), NONE, NONE))
    body += message(0x201, row(NONE))
    fill = -len(body) % 4
    whole = b"\x1b" * 4 + b"\x01" * 4 + body + bytes(fill) + b"\x1b" * 4 + bytes((0x1A, fill))
    return whole + crc(whole)


def read(number):
    reader = SmlStreamReader()
    reader.add(file(number))
    (entry,), = [found.message_body.val_list for found in reader.get_frame().parse_frame()
                 if isinstance(found.message_body, SmlGetListResponse)]
    return entry.value


for number in (b"ABC123", b"\x0a\x01\x02\x03", b"\xa8123", b"12\xc33"):
    print("%s: %s" % (number.hex(" "), read(number)))
END
cat "$folder/seen"
diff - "$folder/seen" <<'END'
41 42 43 31 32 33: ABC123
0a 01 02 03: 0a010203
a8 31 32 33: 123
31 32 c3 33: 123
END
