"""Damage that once got through: the fuzzer has found it, or a review of an index without a bound."""
from array import array

from han.meter.decoder import Decoder
from han.meter.obis import IMPORT_POWER, KEYS, KNOWN
from han.wire import framer as module_framer
from han.wire import p1 as module_p1
from han.wire.rows import lines as walks, lines_plain
from han.wire.framer import GLO, HDLC, P1, Framer
from han.wire.layers.segments import Blocks

from tests.fuzz.frames import blocks, sml
from tests.wire.test_framer import INSIDE, ONE, frames, hdlc, p1
from tests.wire.test_sml import decoded, entry, integer, octets, telegram as sml_telegram

# General-glo-ciphering: a system title, security control 30, 40 bytes.
CIPHERED = b"\xdb\x08KFM12345\x28\x30\0\0\0\x01" + bytes(range(0x80, 0x80 + 35))


def test_a_p1_telegram_shorter_than_an_ident():
    # What stands behind it is not part of its opening: it had a checksum before and has none now.
    short = b"/ABC\r\n!"
    assert frames(p1(short) + b"..........." + short + b"\r\n0123456789")[0] == [(P1, p1(short)[:-2])]


def test_a_system_title_of_255_bytes_at_the_end_of_the_buffer():
    for size in (len(frames(b"")[1].buf), Framer.size):
        found, f = frames(b"." * (size - 40) + b"/ABC5\r\n\xdb\xff" + bytes(31) + ONE)
        assert found == [(HDLC, INSIDE)]
        assert f.counters.checksum_errors == 1


def test_ciphertext_that_looks_like_p1():
    # Behind an ident line the APDU's system title is empty.
    text = b"\x85/abc\x80/XYZ!\r\n\x1b~h"
    apdu = b"/ABC5\r\n\x00" + bytes((5 + len(text),)) + b"\x30\0\0\0\x01" + text
    alone = b"\xdb\x08KFM12345" + bytes((5 + len(text),)) + b"\x30\0\0\0\x01" + text
    for chunk in (None, 1, 5):
        for data in (apdu, alone):
            found, f = frames(data + data, chunk)
            assert found == [(GLO, data)] * 2, chunk
            assert f.counters.checksum_errors == 0


def test_a_ciphered_apdu_cut_off_does_not_hide_the_next():
    # It has no checksum: that another one opens inside is all that tells.
    for cut in (14, 20, 40, len(CIPHERED) - 2):
        for chunk in (None, 1, 7):
            found, f = frames(CIPHERED[:cut] + CIPHERED, chunk)
            assert found == [(GLO, CIPHERED)], (cut, chunk)
    ident = b"/ABC5\r\n\x00" + CIPHERED[10:]
    for chunk in (None, 1, 7):
        assert frames(ident[:30] + ident, chunk)[0] == [(GLO, ident)]
        # Not two telegrams: an ident line, and its APDU with a system title.
        assert frames(b"/ABC5\r\n" + CIPHERED, chunk)[0] == [(GLO, b"/ABC5\r\n" + CIPHERED)]


def test_a_ciphered_apdu_behind_something_long_that_was_cut_off():
    # Close behind the opening it may be what the cut one carried, the next one cannot be.
    for cut in (sml(bytes(3000))[:1500], hdlc(bytes(2000))[:600], hdlc(bytes(2000))[:30]):
        found, _ = frames(cut + CIPHERED * 3, 100)
        assert found[-2:] == [(GLO, CIPHERED)] * 2


def test_ciphertext_full_of_openings():
    # Each of them is looked at for the length of an ident line, not to the end of the text.
    looked = []

    def counting(buf, start, end, mask):
        looked.append(end - start)
        return text_end(buf, start, end, mask)

    text_end = module_p1.text_end
    module_p1.text_end = module_framer.text_end = counting
    try:
        apdu = b"\xdb\x08KFM12345\x82" + (3605).to_bytes(2, "big") + b"\x30\0\0\0\x01" + b"/abc" * 900
        found, _ = frames(apdu + ONE, 5)
    finally:
        module_p1.text_end = module_framer.text_end = text_end
    assert found == [(GLO, apdu), (HDLC, INSIDE)]
    assert sum(looked) < 30 * len(apdu)


def test_an_sml_scaler_of_eight_bytes():
    wide = b"\x77" + octets(b"\x01\0\x01\x07\0\xff") + b"\x01\x01\x62\x1b\x59" + b"\x7f" * 8 + integer(5) + b"\x01"
    unit = b"\x77" + octets(b"\x01\0\x01\x07\0\xff") + b"\x01\x01\x69" + b"\xff" * 8 + b"\x52\0" + integer(5) + b"\x01"
    good = entry((1, 0, 2, 7, 0), integer(7), 27, 0)
    for strange in (wide, unit):
        readings, _, _ = decoded(sml_telegram(strange, good))
        assert readings[0][:2] == [None, 7]


def test_lines_with_a_character_too_many():
    # In the letters' five bits a back-tick is nothing; behind the code something else than its parenthesis.
    for text in ("1-0:1.7.0(5*`W)", "1-0:1.7.0(5*``A)", "1-0:1.7.0(5*W`)", "1-0:1.7.0(5*Varhh)", "1-0:1.7.0(5*@V)",
                 "1-0:1.7.0!(5*W)", "1-0:1.7.0.(5*W)", "1-0:1.7.0-((5*W)", "1-0:1.7(5*W)", "1-0:1.7.0(5*kW)"):
        line = bytearray((text + "\r\n").encode())
        both = []
        for module in (walks, lines_plain):
            rows = array("i", bytes(64))
            n = module.p1_walk(line, 0, len(line), rows, 2, KEYS, KNOWN)
            both.append((n, list(rows[6:8]) if n else None))
        assert both[0] == both[1], text


def whole(*pieces):
    """What a row of (telegram, block) adds up to; blocks of telegram 0 and 1 differ, that of 2 opens like 0."""
    collected = Blocks()
    made = [blocks(b"A1A1A2A2A3A3", 4), blocks(b"B1B1B2B2B3B3", 4), blocks(b"A1A1C2C2C3C3", 4)]
    found = []
    for telegram, number in pieces:
        data = made[telegram][number - 1]
        if collected.add(data, 0, len(data)) == 1:
            found.append(bytes(collected.done.buf[:collected.done.length]))
            collected.start()
    return found


def telegram(which):
    return [(which, 1), (which, 2), (which, 3)]


A, B, C = b"A1A1A2A2A3A3", b"B1B1B2B2B3B3", b"A1A1C2C2C3C3"


def test_blocks_that_repeat_or_change_places():
    assert whole(*telegram(0)) == [A]
    assert whole((0, 1), (0, 1), (0, 2), (0, 2), (0, 3)) == [A]
    assert whole((0, 1), (0, 2), (0, 1), (0, 2), (0, 3)) == [A]
    for order in ((1, 3, 2), (2, 1, 3), (3, 2, 1)):
        assert whole(*[(0, number) for number in order]) == [A], order


def test_blocks_of_two_telegrams_do_not_become_one():
    # The reader starts in the middle of a telegram, or its first blocks are lost.
    assert whole((0, 2), (0, 3), *telegram(1)) == [B]
    assert whole((0, 3), *telegram(1)) == [B]
    assert whole((0, 2), (0, 3), *telegram(1), *telegram(0)) == [B, A]
    # Others are lost.
    for lost in ((0, 1), (0, 2)), ((0, 1), (0, 3)), ((0, 2),), ((0, 1),):
        assert whole(*lost, *telegram(1)) == [B], lost
        assert whole(*lost, *telegram(2)) == [C], lost


def test_the_last_block_known_before_it_was_the_last():
    collected = Blocks()
    data = blocks(b"A1A1A2A2", 4)
    collected.add(b"\xe0\x40" + data[1][2:], 0, len(data[1]))
    assert collected.add(data[0], 0, len(data[0])) == 0
    assert collected.add(data[1], 0, len(data[1])) == 1


class Anything:
    """A cipher that opens everything and proves nothing."""

    proven = False

    def open(self, header, buf):
        return None


def test_a_block_inside_a_cipher_leaves_nothing_behind():
    decoder = Decoder(lambda reading: None, Anything())
    block = blocks(b"content", 4)[0]
    sealed = b"\xdb\x08KFM12345" + bytes((5 + len(block),)) + b"\x20\0\0\0\x01" + block
    framer = Framer(decoder.telegram)
    for information, reason in ((sealed, None), (b"\x55", "no known APDU")):
        data = hdlc(b"\xe6\xe7\x00" + information)
        framer.feed(data, len(data))
        assert decoder.reason == reason


def test_ciphered_lines_are_text():
    readings = []
    decoder = Decoder(lambda reading: readings.append(reading.get(IMPORT_POWER)), Anything())
    for lines, count in ((b"1-0:1.7.0(5*kW)\r\n!", 1), (b"1-0:1.7.0(5\xb2*k\xd7)\r\n!", 0)):
        data = bytearray(b"/ABC5\r\n\x00" + bytes((5 + len(lines),)) + b"\x20\0\0\0\x01" + lines)
        del readings[:]
        decoder.telegram(GLO, data, 0, len(data))
        assert len(readings) == count
