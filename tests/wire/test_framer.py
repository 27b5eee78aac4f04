"""The framer against streams that meters, cables and other firmwares really produce."""
from han.wire.framer import GLO, HDLC, MBUS, P1, Framer
from han.wire.texts import crc_arc
from han.wire.loops import crc_x25

from tests.support import Random

FLAG = b"\x7e"
P1_TELEGRAM = b"/KAM5\r\n\r\n0-0:1.0.0(240407122854S)\r\n1-0:1.8.0(00009621.983*kWh)\r\n!"


def hdlc(information, control=0x13):
    """A frame with one-byte addresses around some information, closing flag included."""
    length = 2 + 3 + 2 + len(information) + 2
    head = bytes((0xA0 | length >> 8, length & 0xFF, 0x41, 0x03, control))
    frame = head + crc_x25(head, 0, len(head)).to_bytes(2, "little") + information
    return FLAG + frame + crc_x25(frame, 0, len(frame)).to_bytes(2, "little") + FLAG


def mbus(data, control=0x10):
    body = bytes((0x53, 0xFF, control, 0x01, 0x67)) + data
    size = len(body) & 0xFF
    return bytes((0x68, size, size, 0x68)) + body + bytes((sum(body) & 0xFF, 0x16))


def p1(body=P1_TELEGRAM):
    return body + b"%04X\r\n" % crc_arc(body, 0, len(body))


def frames(data, chunk=None, flush=False):
    """(kind, bytes) of every telegram that comes out of data fed in chunks, and the framer."""
    found = []
    f = Framer(lambda kind, buf, start, end: found.append((kind, bytes(buf[start:end]))))
    step = chunk or max(1, len(data))
    for at in range(0, len(data), step):
        f.feed(data[at:at + step], min(step, len(data) - at))
    if flush:
        f.gap()
    return found, f


INFORMATION = bytes(range(40))
ONE = hdlc(INFORMATION)
INSIDE = ONE[:-1]  # what the framer hands over: the closing flag may open the next frame


def test_every_chunk_size_gives_the_same_frames():
    stream = b"noise" + ONE + mbus(b"0123456789") + p1() + ONE
    whole = [kind for kind, _ in frames(stream)[0]]
    assert whole == [HDLC, MBUS, P1, HDLC]
    for chunk in (1, 2, 3, 5, 7, 64):
        assert frames(stream, chunk)[0] == frames(stream)[0]


def test_one_flag_closes_a_frame_and_opens_the_next():
    assert frames(ONE + ONE[1:] + ONE[1:])[0] == [(HDLC, INSIDE)] * 3


def test_flags_and_escapes_inside_data_are_data():
    inside = hdlc(b"\x7e\x7d\x7e\xa0\x10" + b"\x7e" * 30)
    assert frames(inside)[0] == [(HDLC, inside[:-1])]


def test_addresses_of_one_to_four_bytes():
    for destination in (b"\x03", b"\x02\x23", b"\x02\x02\x02\x23"):
        head = b"\xa0" + bytes((2 + len(destination) + 2 + 2 + 3 + 2,)) + destination + b"\x41\x10"
        frame = head + crc_x25(head, 0, len(head)).to_bytes(2, "little") + b"abc"
        frame = FLAG + frame + crc_x25(frame, 0, len(frame)).to_bytes(2, "little")
        assert frames(frame + FLAG)[0] == [(HDLC, frame)], destination


def test_an_address_without_an_end_is_no_frame():
    assert frames(b"\x7e\xa0\x20" + b"\x02" * 40)[0] == []


def test_frames_without_information_have_one_check_sequence():
    head = b"\xa0\x07\x41\x03\x93"
    frame = FLAG + head + crc_x25(head, 0, 5).to_bytes(2, "little") + FLAG
    assert frames(frame)[0] == [(HDLC, frame[:-1])]


def test_a_wrong_checksum_is_counted_and_the_next_frame_taken():
    broken = bytearray(ONE)
    broken[20] ^= 4
    found, f = frames(bytes(broken) + ONE)
    assert found == [(HDLC, INSIDE)]
    assert f.counters.checksum_errors == 1


def test_a_cut_frame_does_not_hide_the_good_one_behind_it():
    long = hdlc(bytes(900))
    for cut in (9, 12, 40, 500, 905):
        found, _ = frames(long[:cut] + ONE, chunk=13)
        assert found == [(HDLC, INSIDE)], cut


def test_a_length_that_lies_is_stopped_by_the_header_checksum():
    lying = bytearray(ONE)
    lying[1] = 0xA7
    found, _ = frames(bytes(lying[:14]) + ONE)
    assert found == [(HDLC, INSIDE)]


def test_mbus_length_modulo_256():
    # Sagemcom: 257 bytes of content are announced as 1.
    long = mbus(bytes(252))
    assert long[1] == 1
    assert frames(b"\x16" + long + long)[0] == [(MBUS, long)] * 2


def test_mbus_cut_short_then_whole():
    good = mbus(b"0123456789")
    assert frames(mbus(bytes(90))[:60] + good, chunk=4)[0] == [(MBUS, good)]


def test_p1_checksum_missing_short_and_wrong():
    assert frames(P1_TELEGRAM + b"\r\n")[0] == [(P1, P1_TELEGRAM)]
    # No line end behind it: only silence or the next telegram says that it is complete.
    assert frames(P1_TELEGRAM)[0] == []
    assert frames(P1_TELEGRAM, flush=True)[0] == [(P1, P1_TELEGRAM)]
    assert frames(P1_TELEGRAM + p1())[0][0] == (P1, P1_TELEGRAM)
    body = P1_TELEGRAM
    serial = 0
    while crc_arc(body, 0, len(body)) > 0xFFF:  # a checksum of three digits, as some print it
        serial += 1
        body = P1_TELEGRAM.replace(b"9621", b"%04d" % serial)
    short = body + b"%X\r\n" % crc_arc(body, 0, len(body))
    assert len(frames(short)[0]) == 1
    assert frames(P1_TELEGRAM + b"0000\r\n")[0] == []


def test_p1_without_the_checksum_it_had_before_was_damaged():
    assert len(frames(p1() + P1_TELEGRAM + b"\r\n" + p1())[0]) == 2


def test_p1_cut_off_by_the_next():
    found, f = frames(p1()[:50] + p1())
    assert [kind for kind, _ in found] == [P1]
    assert f.counters.truncated + f.counters.checksum_errors == 1
    # Without checksums too: two halves of different telegrams never become one.
    found, _ = frames(P1_TELEGRAM[:50] + P1_TELEGRAM + b"\r\n")
    assert found == [(P1, P1_TELEGRAM)]


def test_p1_with_a_damaged_character():
    broken = bytearray(p1())
    broken[30] |= 0x80
    assert len(frames(bytes(broken) + p1())[0]) == 1


def test_a_telegram_inside_a_telegram_counts_once():
    # The outer one is complete when its own end comes; the inner one is first.
    inner = frames(hdlc(b"abc" + ONE + b"def"))[0]
    assert len(inner) == 1
    text = P1_TELEGRAM[:40] + p1() + P1_TELEGRAM[40:]
    assert len(frames(text)[0]) == 1


def test_ciphered_p1_stands_alone():
    apdu = b"\xdb\x08SAG12345\x0a\x30\x00\x00\x00\x01hello"
    assert frames(apdu)[0] == [(GLO, apdu)]
    long = b"\xdb\x08SAG12345\x82\x01\x00\x30" + bytes(255)
    assert frames(b"\r\n" + long, chunk=3)[0] == [(GLO, long)]
    # Inside an HDLC frame the same bytes are content.
    assert frames(hdlc(apdu))[0] == [(HDLC, hdlc(apdu)[:-1])]


def test_64_kilobytes_without_a_telegram():
    random = Random(1)
    f = frames(b"")[1]
    noise = bytes(random.bits(8) & 0x7D for _ in range(4096))
    for _ in range(16):
        f.feed(noise, len(noise))
    assert f.counters.bytes == 65536
    assert len(f.buf) <= Framer.size
    found = []
    f.sink = lambda kind, buf, start, end: found.append(kind)
    f.feed(ONE, len(ONE))
    assert found == [HDLC]


def test_an_opening_that_never_ends_is_given_up():
    found, f = frames(b"/ABC5\r\n" + b"text without an end\r\n" * 400 + p1())
    assert len(found) == 1
    assert f.counters.overrun + f.counters.truncated >= 1


def test_a_telegram_longer_than_usual_finds_room_and_loses_nothing():
    long = p1(b"/ABC5\r\n\r\n" + b"0-0:98.1.0(...)\r\n" * 300 + b"!")
    assert 4608 < len(long) < Framer.size
    for chunk in (None, 1, 500):
        found, f = frames(ONE + b"\r\n" + long + long + ONE, chunk)
        assert [len(data) for _, data in found] == [len(INSIDE), len(long) - 2, len(long) - 2, len(INSIDE)], chunk
        assert len(long) - 2 <= len(f.buf) < len(long) + 1024
        assert f.counters.overrun == 0
    assert len(frames(ONE * 100)[1].buf) < Framer.size


def test_openings_without_end():
    for opening in (b"\x7e\xa0", b"\x68\xfa\xfa\x68", b"/ABC", b"\xdb\x08ABC", b"\x68\x01\x01\x68", b"\x7e"):
        found, f = frames(opening * 900 + b"\r\n" * 300 + ONE + p1(), chunk=100, flush=True)
        assert (HDLC, INSIDE) in found, opening
        assert f.open == 0


def test_silence_ends_what_is_incomplete():
    found, f = frames(ONE[:20], flush=True)
    assert found == []
    assert f.counters.truncated == 1
    f.feed(ONE, len(ONE))
    assert f.counters.frames == 1


def test_every_byte_is_accounted_for():
    random = Random(7)
    spans = []
    taken = []
    f = Framer(lambda kind, buf, start, end: taken.append(bytes(buf[start:end])),
               trace=lambda what, start, end: spans.append((what, start, end)))
    stream = b""
    for _ in range(40):
        stream += random.choice((ONE, p1(), mbus(b"0123456789")))
        stream += random.bytes(random.below(30))
    for at in range(0, len(stream), 97):
        part = stream[at:at + 97]
        f.feed(part, len(part))
    f.gap()
    telegrams = [(start, end) for what, start, end in spans if what == "telegram"]
    assert [stream[start:end] for start, end in telegrams] == taken
    assert len(taken) == 40
    for (_, end), (start, _) in zip(telegrams, telegrams[1:]):
        assert end <= start


def test_random_bytes_never_raise():
    random = Random(3)
    openings = (b"\x7e\xa0", b"\x68\x20\x20\x68", b"/ABC", b"\xdb\x08ABC", b"!", b"\r\n")
    found, f = frames(b"")
    for _ in range(400):
        data = random.choice(openings) + random.bytes(random.below(60))
        f.feed(data, len(data))
