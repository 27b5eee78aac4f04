"""Powers with and without a sign, in P1 and in DLMS lists: import and export are right, or unknown."""
from han.meter.decoder import Decoder
from han.meter.live import Live
from han.meter.obis import EXPORT_POWER, IMPORT_POWER, L1_EXPORT_POWER, L1_IMPORT_POWER
from han.wire.framer import P1
from han.wire.layers.unwrap import APDU

from tests.meter.test_telegrams import Reader
from tests.support import telegrams


def said(*lines):
    """(import, export) of a P1 telegram of these lines, and its reading."""
    kept = []
    decoder = Decoder(kept.append)
    text = bytearray(("/ABC5x\r\n\r\n" + "\r\n".join(lines) + "\r\n!").encode())
    decoder.telegram(P1, text, 0, len(text))
    reading = kept[0]
    return (reading.get(IMPORT_POWER), reading.get(EXPORT_POWER)), reading


ANY = "1-0:15.7.0(3.262*kW)"
IMPORTS, EXPORTS, EXPORTS_T2 = "1-0:1.8.0(5*kWh)", "1-0:2.8.0(7*kWh)", "1-0:2.8.2(0*kWh)"


def phases(imports, exports):
    lines = []
    for i in range(3):
        if imports[i] is not None:
            lines.append("1-0:%d.7.0(%d*W)" % (21 + 20 * i, imports[i]))
        if exports[i] is not None:
            lines.append("1-0:%d.7.0(%d*W)" % (22 + 20 * i, exports[i]))
    return lines


def test_the_one_counter_tells_the_direction():
    assert said(ANY, IMPORTS)[0] == (3262, 0)
    assert said(ANY, "1-0:1.8.1(5*kWh)", "1-0:1.8.2(5*kWh)")[0] == (3262, 0)
    assert said(ANY, EXPORTS)[0] == (0, 3262)
    for both in (EXPORTS, EXPORTS_T2):
        assert said(ANY, IMPORTS, both)[0] == (None, None)
        assert said("1-0:15.7.0(0*kW)", IMPORTS, both)[0] == (0, 0)
        assert said("1-0:15.7.0(-3.262*kW)", IMPORTS, both)[0] == (0, 3262)
    assert said(ANY, "1-0:32.7.0(230*V)")[0] == (None, None)


def test_all_phases_tell_it():
    nothing = (0, 0, 0)
    for counters in ((IMPORTS,), (EXPORTS,), (IMPORTS, EXPORTS)):
        assert said(ANY, *counters, *phases(nothing, (1186, 1061, 1014)))[0] == (0, 3261)
        assert said(ANY, *counters, *phases((1186, 1061, 1014), nothing))[0] == (3261, 0)
        assert said(ANY, *counters, *phases((1186, 0, 0), (0, 1061, 1014)))[0] == (None, None)
    assert said(ANY, IMPORTS, EXPORTS, *phases((None,) * 3, (1186, 1061, 1014)))[0] == (0, 3261)
    # One of them alone does not, nor does it agree with the counter.
    assert said(ANY, IMPORTS, EXPORTS, *phases((None,) * 3, (1186, 1061, None)))[0] == (None, None)
    assert said(ANY, IMPORTS, *phases((None,) * 3, (1186, None, None)))[0] == (None, None)
    assert said(ANY, IMPORTS, *phases(nothing, nothing))[0] == (3262, 0)


def test_what_is_sent_counts():
    assert said(ANY, IMPORTS, "1-0:1.7.0(1*W)", "1-0:2.7.0(0*W)")[0] == (1, 0)
    assert said(ANY, IMPORTS, "1-0:16.7.0(-5*W)")[0] == (0, 5)
    assert said("1-0:1.7.0(7*W)", "1-0:16.7.0(-5*W)")[0] == (7, 5)
    assert said("1-0:1.7.0(-5*W)", "1-0:2.7.0(0*W)")[0] == (0, 5)
    assert said("1-0:1.7.0(-5*W)", "1-0:2.7.0(6*W)")[0] == (0, 6)
    assert said("1-0:1.7.0(-5*W)")[0] == (0, 5)
    assert said("1-0:1.7.0(5*W)")[0] == (5, None)
    reading = said("1-0:21.7.0(-5*W)", "1-0:1.7.0(9*W)")[1]
    assert (reading.get(L1_IMPORT_POWER), reading.get(L1_EXPORT_POWER)) == (0, 5)


def test_what_was_known_before_is_not_known_now():
    live = Live()
    for lines, powers in (
        ((ANY, IMPORTS, EXPORTS) + tuple(phases((0, 0, 0), (1, 2, 3))), (0, 6)),
        ((ANY, IMPORTS, EXPORTS) + tuple(phases((2, 0, 0), (0, 2, 3))), (None, None)),
        ((ANY, IMPORTS), (3262, 0)),
        ((IMPORTS, EXPORTS), (3262, 0)),
        ((ANY, IMPORTS, EXPORTS), (None, None)),
    ):
        live.take(said(*lines)[1], 0, 0)
        assert (live.get(IMPORT_POWER), live.get(EXPORT_POWER)) == powers, lines


def test_what_a_sign_said_is_over_with_the_next():
    live = Live()
    for lines, powers in (
        (("1-0:1.7.0(0*W)", "1-0:2.7.0(8*W)"), (0, 8)),
        (("1-0:1.7.0(0*W)",), (0, 8)),  # a short list
        (("1-0:1.7.0(-5*W)", "1-0:21.7.0(-5*W)"), (0, 5)),
        (("1-0:1.7.0(0*W)", "1-0:21.7.0(0*W)"), (0, 0)),
        (("1-0:1.7.0(-6*W)", "1-0:21.7.0(-6*W)"), (0, 6)),
        (("1-0:1.7.0(4*W)", "1-0:21.7.0(4*W)"), (4, 0)),
    ):
        live.take(said(*lines)[1], 0, 0)
        assert (live.get(IMPORT_POWER), live.get(EXPORT_POWER)) == powers, lines
        if len(lines) == 2 and "21" in lines[1]:
            assert (live.get(L1_IMPORT_POWER), live.get(L1_EXPORT_POWER)) == powers, lines


def coded(c, d, number, unit):
    return b"\x02\x03\x09\x06\x01\x00" + bytes((c, d, 0, 255)) + b"\x05" + number.to_bytes(4, "big") + unit


def test_dlms_lists():
    watt, hours = b"\x02\x02\x0f\x00\x16\x1b", b"\x02\x02\x0f\x00\x16\x1e"
    power, imports, exports = coded(15, 7, 3262, watt), coded(1, 8, 5000, hours), coded(2, 8, 7000, hours)
    minus = coded(1, 7, 0xFFFFFF00, watt)
    for items, powers in (
        ((power, imports), (3262, 0)),
        ((exports, power), (0, 3262)),
        ((power, imports, exports), (None, None)),
        ((power, imports, exports, coded(2, 7, 0, watt), coded(1, 7, 9, watt)), (9, 0)),
        ((minus, imports), (0, 256)),
    ):
        kept = []
        apdu = bytearray(b"\x0f\0\0\0\0\0\x01" + bytes((len(items),)) + b"".join(items))
        Decoder(kept.append).telegram(APDU, apdu, 0, len(apdu))
        assert (kept[0].get(IMPORT_POWER), kept[0].get(EXPORT_POWER)) == powers, powers


def test_a_lithuanian_meter_that_exports():
    for entry in telegrams(id="p1-eso-15-7"):
        message = Reader().read(entry, lambda: 4096).messages[0]
        assert (message["import_power_w"], message["export_power_w"]) == (0, 1186 + 1061 + 1014)
