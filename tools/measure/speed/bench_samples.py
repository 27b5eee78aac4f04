"""The telegrams that `make bench` measures: one of each framing, from the simulator's encoders."""

import collections

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from han.wire.layers import hdlc
from host_sim import house, meters
from host_sim.meters.parts import dlms
from tests.wire import test_sml as sml

MIDNIGHT = 1767222000  # an hour boundary in every simulated meter's zone
KEY = bytes(range(16))
AUTH_KEY = bytes(range(0xD0, 0xE0))
TITLE = b"SIM\x67\x00\x00\x00\x07"
TAG_BYTES = 12
ENCRYPTED, WITH_TAG, SUITE_1 = 0x20, 0x10, 0x01
P1_LINE = (115200, 8, None, 1)
DLMS_LINE = (2400, 8, 0, 1)

# name: of the framing; line: (baud, data bits, parity or None, stop bits); keys: None or 16 bytes
Sample = collections.namedtuple("Sample", "name data line key auth_key")


def longest(name):
    """(the longest list that a simulated meter sends within 15 s, its line)."""
    meter = meters.create(name)
    home = house.House(MIDNIGHT)
    moments = range(0, 15001, meter.PERIOD_MS)
    return max((meter.encode(home.state(MIDNIGHT * 1000 + ms)) for ms in moments), key=len), meter.LINE[:4]


def shortest(name):
    meter = meters.create(name)
    return meter.encode(house.House(MIDNIGHT).state(MIDNIGHT * 1000 + meter.PERIOD_MS)), meter.LINE[:4]


def content(frame):
    """The APDU in an HDLC frame with flags."""
    end = len(frame) - 1
    at = hdlc.information(frame, 0, end)
    return frame[at + len(dlms.LLC):end - 2]


def descriptors():
    """An APDU with a list of descriptors before its values, as from Landis+Gyr's E450."""
    state = house.House(MIDNIGHT).state(MIDNIGHT * 1000)
    net = state.net()
    values = [((8, "0-0:1.0.0"), dlms.octets(dlms.date_time(state.clock)))]
    values.append(((1, "0-0:96.1.0"), dlms.octets(b"SIM0000000004242")))
    values += [((3, "1-0:%d.7.0" % (n + 1)), dlms.u32(net[n])) for n in range(4)]
    values += [((3, "1-1:%d.8.%d" % (way, n)), dlms.u32(state.wh[way - 1])) for way in (1, 2) for n in range(3)]
    values += [((3, "1-0:%d.7.0" % (32 + 20 * n)), dlms.u16(state.u[n])) for n in range(3)]
    values += [((3, "1-0:%d.7.0" % (31 + 20 * n)), dlms.u16(state.i[n] // 10)) for n in range(3)]
    names = [dlms.structure(dlms.u16(kind), dlms.obis(code), b"\x0f\x02", dlms.u16(0)) for (kind, code), _ in values]
    body = dlms.structure(dlms.array(*names), *[value for _, value in values])
    return dlms.notification(0x00123456, b"\x0c" + dlms.date_time(state.clock), body)


def blocks(apdu, room=120):
    """An APDU in general block transfer (IEC 62056-5-3, 9.3.1), each block in an HDLC frame."""
    parts = [apdu[at:at + room] for at in range(0, len(apdu), room)]
    frames = b""
    for number, part in enumerate(parts):
        control = 0xC0 if number == len(parts) - 1 else 0x40
        block = bytes([0xE0, control]) + (number + 1).to_bytes(2, "big") + bytes([0, 0, len(part)]) + part
        frames += dlms.hdlc(b"\xce\xff\x03", 0x13, (b"" if number else dlms.LLC) + block)
    return frames


def sealed(text, control=ENCRYPTED | WITH_TAG):
    """The general-glo-ciphering APDU (IEC 62056-5-3, 5.3.7.3) that holds `text`."""
    counter = (42).to_bytes(4, "big")
    secret = AESGCM(KEY).encrypt(TITLE + counter, text, bytes([control]) + AUTH_KEY)
    secret = secret[:len(text) + (TAG_BYTES if control & WITH_TAG else 0)]
    inner = bytes([control]) + counter + secret
    return b"\xdb" + bytes([len(TITLE)]) + TITLE + b"\x82" + len(inner).to_bytes(2, "big") + inner


def german():
    """An SML telegram of a three-phase meter."""
    state = house.House(MIDNIGHT).state(MIDNIGHT * 1000)
    entries = [
        sml.entry((1, 0, 96, 50, 1), sml.octets(b"SIM")),
        sml.entry((1, 0, 96, 1, 0), sml.octets(TITLE)),
    ]
    for way in (1, 2):
        counter = sml.integer(state.wh[way - 1] * 10, 8, False)
        entries.append(sml.entry((1, 0, way, 8, 0), counter, dlms.WH, -1, b"\x65\x00\x1c\x01\x04"))
    entries.append(sml.entry((1, 0, 16, 7, 0), sml.integer(sum(state.p)), dlms.W, 0))
    for n in range(3):
        c = 20 + 20 * n
        entries.append(sml.entry((1, 0, c + 16, 7, 0), sml.integer(state.p[n]), dlms.W, 0))
        entries.append(sml.entry((1, 0, c + 12, 7, 0), sml.integer(state.u[n], 2, False), dlms.VOLT, -1))
        entries.append(sml.entry((1, 0, c + 11, 7, 0), sml.integer(state.i[n] // 10, 2, False), dlms.AMPERE, -2))
    return sml.telegram(*entries)


def samples():
    """Every Sample, those without a key first."""
    aidon, line = longest("aidon")
    dutch, fast = longest("dsmr5")
    found = [
        Sample("HDLC, power alone", *shortest("aidon"), None, None),
        Sample("HDLC with scalers", aidon, line, None, None),
        Sample("HDLC without OBIS", *longest("kaifa"), None, None),
        Sample("HDLC, OBIS without scalers", *longest("kamstrup"), None, None),
        Sample("GBT with descriptors", blocks(descriptors()), DLMS_LINE, None, None),
        Sample("M-Bus", *longest("mbus"), None, None),
        Sample("P1 Nordic", *longest("p1"), None, None),
        Sample("DSMR 5", dutch, fast, None, None),
        Sample("SML", german(), (9600, 8, None, 1), None, None),
    ]
    apdu = content(aidon)
    frame = dlms.hdlc(b"\x41\x08\x83", 0x13, dlms.LLC + sealed(apdu))
    mbus = dlms.mbus(sealed(apdu, ENCRYPTED | SUITE_1))
    found += [
        Sample("encrypted HDLC", frame, line, KEY, None),
        Sample("encrypted HDLC, tag checked", frame, line, KEY, AUTH_KEY),
        Sample("encrypted M-Bus, 2 frames", mbus, DLMS_LINE, KEY, None),
        Sample("encrypted P1", sealed(dutch), fast, KEY, None),
        Sample("encrypted P1, tag checked", sealed(dutch), fast, KEY, AUTH_KEY),
    ]
    return found


def bits(line):
    """Bits per byte on that line."""
    return 1 + line[1] + (line[2] is not None) + line[3]


def line_us(sample):
    """Time of the telegram on its line, in microseconds."""
    return len(sample.data) * bits(sample.line) * 1_000_000 // sample.line[0]
