"""Encoder of the DLMS/COSEM meters: A-XDR values, data-notification, HDLC and M-Bus frames.

Written from IEC 62056-6-2 (data types), IEC 61334-6 (A-XDR), IEC 62056-5-3 (data-notification),
IEC 62056-46 (HDLC) and EN 13757-2/-3 with the OMS/"DLMS over wired M-Bus" conventions (M-Bus).
It shares no line with the decoder under test, on purpose.
"""

LLC = b"\xe6\xe7\x00"

# Units of IEC 62056-6-2, table 4.
W, VAR, WH, VARH, AMPERE, VOLT, NONE = 27, 29, 30, 32, 33, 35, 255


def obis(text):
    """The octet string b"\\x09\\x06......" of the OBIS code "A-B:C.D.E" (F is 255)."""
    for separator in "-:":
        text = text.replace(separator, ".")
    return b"\x09\x06" + bytes([int(part) for part in text.split(".")] + [255])


def u16(value):
    return b"\x12" + value.to_bytes(2, "big")


def i16(value):
    return b"\x10" + (value & 0xFFFF).to_bytes(2, "big")


def u32(value):
    return b"\x06" + value.to_bytes(4, "big")


def octets(value):
    return bytes([9, len(value)]) + value


def visible(text):
    return bytes([10, len(text)]) + text.encode()


def structure(*items):
    return bytes([2, len(items)]) + b"".join(items)


def array(*items):
    return bytes([1, len(items)]) + b"".join(items)


def scaler_unit(scaler, unit):
    return structure(bytes([15, scaler & 0xFF]), bytes([22, unit]))


def date_time(clock, deviation=0x8000, status=0, hundredths=0xFF, with_weekday=True):
    """The 12 bytes date-time of a State.clock; deviation in minutes, 0x8000: not specified."""
    year, month, day, weekday, hour, minute, second = clock[:7]
    date = year.to_bytes(2, "big") + bytes([month, day, weekday if with_weekday else 0])
    time = bytes([hour, minute, second, hundredths])
    return date + time + (deviation & 0xFFFF).to_bytes(2, "big") + bytes([status])


def notification(invoke_id, time, body):
    """A data-notification APDU. time: its date-time field in this maker's encoding."""
    return b"\x0f" + invoke_id.to_bytes(4, "big") + time + body


def fcs16(data):
    """Frame check sequence of ISO/IEC 13239, 4.2.5.2."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x8408 if crc & 1 else 0)
    return crc ^ 0xFFFF


def hdlc(addresses, control, information):
    """One frame of type 3 with its flags (IEC 62056-46, 6.4); at most 2047 bytes between the flags."""
    length = 2 + len(addresses) + 1 + 2 + len(information) + 2
    header = (0xA000 | length).to_bytes(2, "big") + addresses + bytes([control])
    header += fcs16(header).to_bytes(2, "little")
    frame = header + information
    return b"\x7e" + frame + fcs16(frame).to_bytes(2, "little") + b"\x7e"


def mbus(apdu, control=0x53, address=0xFF, source=1, destination=0x67):
    """Long frames (EN 13757-2, 5.4), one for each segment of the APDU. CI counts them, and has 0x10 set in the last."""
    frames = b""
    room = 250  # L is one byte and also counts C, A, CI and the two service access points
    segments = [apdu[at : at + room] for at in range(0, len(apdu), room)]
    for number, segment in enumerate(segments):
        ci = number & 15 | (0x10 if number == len(segments) - 1 else 0)
        body = bytes([control, address, ci, source, destination]) + segment
        frames += bytes([0x68, len(body), len(body), 0x68]) + body + bytes([sum(body) & 0xFF, 0x16])
    return frames
