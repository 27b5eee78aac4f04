#!/bin/sh
# dsmr-parser 1.11.2 takes a water or heat meter behind a DSMR 4 meter for the gas meter.
#
# Up to four meters hang on a P1 meter's M-Bus. Each has a channel n, says what it is in 0-n:24.1.0 (3 gas, 4 heat,
# 7 water), and all of them have their reading in 0-n:24.2.1. With its specification V4, telegram.HOURLY_GAS_METER_READING
# is what came last of 24.2.1, whatever it is a reading of. With V5 there is no such name.
#
# A way round: telegram.MBUS_DEVICES, and there the one whose DEVICE_TYPE is 3.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet dsmr-parser==1.11.2
"$folder/venv/bin/python" -I - >"$folder/seen" <<'END'
from dsmr_parser import telegram_specifications
from dsmr_parser.parsers import TelegramParser

HEAD = ("1-3:0.2.8(42)", "0-0:1.0.0(261128120000W)")


def meter(channel, kind, reading):
    return ("0-%d:24.1.0(%03d)" % (channel, kind), "0-%d:96.1.0(4D31)" % channel,
            "0-%d:24.2.1(261128120000W)(%s)" % (channel, reading))


def read(*lines):
    text = "/XYZ5METER\r\n\r\n%s!" % "".join(line + "\r\n" for line in HEAD + lines)
    crc = 0  # CRC-16/ARC
    for byte in text.encode():
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    telegram = TelegramParser(telegram_specifications.V4).parse("%s%04X\r\n" % (text, crc))
    found = telegram.HOURLY_GAS_METER_READING
    return "%s %s of gas" % (found.value, found.unit)


gas, water, heat = "01234.567*m3", "00077.777*m3", "00055.555*GJ"
print("gas alone:", read(*meter(1, 3, gas)))
print("gas, water:", read(*meter(1, 3, gas), *meter(2, 7, water)))
print("gas, heat:", read(*meter(1, 3, gas), *meter(2, 4, heat)))
print("water alone:", read(*meter(1, 7, water)))
END
cat "$folder/seen"
diff - "$folder/seen" <<'END'
gas alone: 1234.567 m3 of gas
gas, water: 77.777 m3 of gas
gas, heat: 55.555 GJ of gas
water alone: 77.777 m3 of gas
END
