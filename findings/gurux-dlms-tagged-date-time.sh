#!/bin/sh
# gurux-dlms 1.0.203 refuses the whole telegram of meters that put a tag before a notification's date-time.
#
# In a DataNotification (IEC 62056-5-3) the date-time is an octet string of the APDU itself: its length, 0C, and twelve
# bytes, or 00 where there is none. Kaifa's meters in Norway and Sweden, and older Kamstrup's, send it as a value of
# type octet string: 09 0C and twelve bytes, with a right checksum around all of it. The translator takes 09 for the length,
# and then says that the framing is invalid.
#
# A way round: cut the notification's head off oneself, and hand over the body alone, as a value.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet gurux-dlms==1.0.203
"$folder/venv/bin/python" -I - >"$folder/seen" <<'END'
import xml.etree.ElementTree

from gurux_dlms import GXByteBuffer, GXDLMSTranslator


def fcs(data):
    """The frame check sequence of HDLC."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x8408 if value & 1 else 0)
    return (value ^ 0xFFFF).to_bytes(2, "little")


def frame(apdu):
    head = bytes((0xA0, 8 + 3 + len(apdu) + 2, 0x01, 0x02, 0x01, 0x10))
    content = head + fcs(head) + b"\xe6\xe7\x00" + apdu
    return b"\x7e" + content + fcs(content) + b"\x7e"


moment = (2026).to_bytes(2, "big") + bytes((11, 28, 6, 12, 0, 0, 0xFF, 0x80, 0, 0))
power = b"\x02\x01\x06" + (4001).to_bytes(4, "big")  # a structure of one unsigned number
for name, form in (("no date-time", b"\x00"), ("0C", b"\x0c" + moment), ("09 0C", b"\x09\x0c" + moment)):
    try:
        text = GXDLMSTranslator().messageToXml(GXByteBuffer(frame(b"\x0f" + bytes(4) + form + power)))
        found = xml.etree.ElementTree.fromstring(text).find(".//UInt32").get("Value")
        print("%s: %d W" % (name, int(found, 16)))
    except ValueError as error:
        print("%s: %s" % (name, error))
END
cat "$folder/seen"
diff - "$folder/seen" <<'END'
no date-time: 4001 W
0C: 4001 W
Invalid data type.
09 0C: Invalid DLMS framing.
END
