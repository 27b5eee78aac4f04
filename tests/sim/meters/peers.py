"""Decodes telegrams with libraries that others wrote; JSON from stdin to stdout. Not a test.

Runs with `python -I`, as one of them has a package called `han` too. In: [{"peer": amshan | dsmr | gurux, "hex"}],
out: what that library makes of each.
"""

import json
import sys


def amshan(data):
    from han import autodecoder, dlde, hdlc

    if data[:1] == b"/":
        found = dlde.ModeDReader().read(data)
        return [dict(dlde.decode_p1_readout(one), valid=one.is_valid) for one in found]
    # Its reader wants to see the flag that opens the next frame.
    found = hdlc.HdlcFrameReader(False).read(data + b"\x7e")
    return [dict(autodecoder.AutoDecoder().decode_message(one), valid=one.is_valid) for one in found]


def dsmr(data):
    from dsmr_parser import parsers
    from dsmr_parser import telegram_specifications as versions

    version = versions.SWEDEN
    if b"1-3:0.2.8(50)" in data:
        version = versions.V5
    elif b"0-0:96.1.4(502" in data:
        version = versions.BELGIUM_FLUVIUS
    telegram = parsers.TelegramParser(version).parse(data.decode())  # raises for a wrong checksum
    out = {}
    for name, value in telegram:
        if hasattr(value, "value"):
            out[name] = str(value.value)
        if name.startswith("BELGIUM_MAXIMUM_DEMAND"):
            found = value if isinstance(value, list) else [value]
            times = ("occurred" if isinstance(value, list) else "datetime", "datetime")
            out[name] = [[str(getattr(one, time)) for time in times] + [str(one.value)] for one in found]
    for channel, name in ((1, "gas"), (2, "water")):
        meter = telegram.get_mbus_device_by_channel(channel) if version is not versions.SWEDEN else None
        if meter:
            out[name] = str(meter.MBUS_METER_READING.value)
    return out


def gurux(data):
    from gurux_dlms import GXByteBuffer, GXDLMSTranslator

    if data[0] == 2:  # a structure without anything around it
        return GXDLMSTranslator().dataToXml(GXByteBuffer(data))
    return GXDLMSTranslator().messageToXml(GXByteBuffer(data))


if __name__ == "__main__":
    jobs = json.load(sys.stdin)
    decode = {"amshan": amshan, "dsmr": dsmr, "gurux": gurux}
    json.dump([decode[job["peer"]](bytes.fromhex(job["hex"])) for job in jobs], sys.stdout, default=str)
