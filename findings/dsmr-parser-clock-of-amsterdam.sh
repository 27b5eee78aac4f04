#!/bin/sh
# dsmr-parser 1.11.2 takes the clock of every P1 meter for one of Amsterdam.
#
# A P1 telegram has the meter's local time, with S in summer and W in winter (0-0:1.0.0), but not its zone. Finland's
# meters have P1 ports, too, an hour ahead of Amsterdam. dsmr-parser makes UTC of all of them with the zone
# Europe/Amsterdam, so a Finnish telegram is from an hour in the future, whatever the zone of the computer is. With
# letter or without, and for readings of gas meters as well.
#
# A way round: take the time of arrival, as DSMR-reader does if it is told to.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet dsmr-parser==1.11.2 tzdata==2025.2
TZ=Europe/Helsinki "$folder/venv/bin/python" -I - >"$folder/seen" <<'END'
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from dsmr_parser import telegram_specifications
from dsmr_parser.parsers import TelegramParser


def read(stamp):
    text = "/XYZ5METER\r\n\r\n0-0:1.0.0(%s)\r\n0-1:24.1.0(003)\r\n0-1:24.2.1(%s)(1.000*m3)\r\n!" % (stamp, stamp)
    crc = 0  # CRC-16/ARC
    for byte in text.encode():
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    telegram = TelegramParser(telegram_specifications.V5).parse("%s%04X\r\n" % (text, crc))
    return telegram.P1_MESSAGE_TIMESTAMP.value, telegram.MBUS_DEVICES[0].MBUS_METER_READING.datetime


for month, season in ((7, "S"), (12, "W")):
    moment = datetime(2026, month, 1, 10, tzinfo=timezone.utc)
    local = moment.astimezone(ZoneInfo("Europe/Helsinki")).strftime("%y%m%d%H%M%S")
    for stamp in (local + season, local):
        off = [int((read - moment).total_seconds()) for read in read(stamp)]
        print("%s of Helsinki: off by %d s, gas by %d s" % ((stamp, *off)))
END
cat "$folder/seen"
diff - "$folder/seen" <<'END'
260701130000S of Helsinki: off by 3600 s, gas by 3600 s
260701130000 of Helsinki: off by 3600 s, gas by 3600 s
261201120000W of Helsinki: off by 3600 s, gas by 3600 s
261201120000 of Helsinki: off by 3600 s, gas by 3600 s
END
