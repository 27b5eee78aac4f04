"""An anonymised capture decodes to the same readings, and nothing is left of the meter's numbers."""
from binascii import hexlify

from han.meter.anonymous.anonymise import anonymise
from han.meter.decoder import Decoder
from han.meter.reading import METER_ID, METER_TYPE, P1_IDENT
from han.wire.framer import Framer
from han.wire.loops import crc_x25
from han.wire.layers.unwrap import APDU

from tests.support import Random, raw, telegrams
from tests.wire import test_sml as sml
from tests.wire.test_conventions import crc
from tests.wire.test_framer import hdlc, mbus, p1
from tools.fields import fields

NAMES = ("meter_id", "meter_id_ascii", "p1_ident", "meter_type", "manufacturer", "list_version")
NUMBER = b"7359992890497997"
#: A list of OBIS codes with the meter's number, a name, a type, a gas meter's number and 1661 W.
LIST = (
    b"\xe6\xe7\x00\x0f\x40\0\0\0\0\x01\x05"
    b"\x02\x02\x09\x06\x00\x00\x60\x01\x00\xff\x0a\x10" + NUMBER
    + b"\x02\x02\x09\x06\x00\x00\x2a\x00\x00\xff\x0a\x10LGZ1030655933512"
    + b"\x02\x02\x09\x06\x00\x00\x60\x01\x07\xff\x0a\x0b65341234567"
    + b"\x02\x02\x09\x06\x00\x01\x60\x01\x00\xff\x0a\x088800112A"
    + b"\x02\x03\x09\x06\x01\x00\x01\x07\x00\xff\x06\0\0\x06\x7d\x02\x02\x0f\x00\x16\x1b"
)
TEXT = (
    b"/XMX5LGBBFFB231314239\r\n\r\n0-0:96.1.1(4530303434303037333832323436303139)\r\n"
    b"0-0:1.0.0(101209113020W)\r\n1-0:1.8.1(12345678kWh)\r\n1-0:1.7.0(00.503*kW)\r\n"
    b"0-0:96.13.0(4D722E2044657520776F6E20323020)\r\n0-1:96.1.0(4731303138333430313538383732343334)\r\n"
    b"0-1:24.2.1(180924130000S)(04890.857*m3)\r\n!"
)
PRIVATE = (b"37333832323436303139", b"4D722E", b"6F6E20323020", b"38333430313538383732343334", b"314239")


def decoded(data):
    """[(fields, reading's texts)] of a capture."""
    found = []

    def keep(reading):
        found.append((fields(reading), [reading.text(slot) for slot in range(6)]))

    decoder = Decoder(keep)
    framer = Framer(decoder.telegram)
    for at in range(0, len(data), 256):  # as they come off the line
        piece = data[at : at + 256]
        framer.feed(piece, len(piece))
    framer.gap()
    if not found and data[:1] in (b"\x0f", b"\xe6", b"\xe0"):
        decoder.telegram(APDU, bytearray(data), 0, len(data))
    return found


def numbers(found):
    return [{name: value for name, value in one.items() if name not in NAMES} for one, _ in found]


def hidden(data, *numbers):
    """The anonymised capture. Asserts the same length, the same readings, and that nothing is left of the numbers."""
    new = bytearray(data)
    done = anonymise(new)
    assert len(new) == len(data)
    for number in numbers:
        for at in range(len(number) - 5):
            assert number[at:at + 6] not in new, (number, bytes(new))
    return bytes(new), done


def same(data, *private):
    new, done = hidden(data, *private)
    assert numbers(decoded(new)) == numbers(decoded(data)) != []
    return new, done


def spellings(number):
    """The spellings of a meter's number in the bytes."""
    yield number.encode()
    try:
        yield bytes.fromhex(number)
    except ValueError:
        pass
    yield hexlify(number.encode())
    yield hexlify(number.encode()).upper()


def test_recorded_telegrams():
    for entry in telegrams(lambda entry: not entry["encrypted"]):
        data = raw(entry)
        new = bytearray(data)
        anonymise(new)
        assert len(new) == len(data)
        assert numbers(decoded(new)) == numbers(decoded(data)), entry["id"]
        assert len(decoded(new)) == len(entry["messages"]), entry["id"]
        for message in entry["messages"]:
            for name in ("meter_id", "meter_id_ascii"):
                for number in spellings(message.get(name) or ""):
                    assert len(set(number)) < 2 or number not in new, (entry["id"], number)


def test_ciphered_telegrams_lose_their_system_title_only():
    for entry in telegrams(lambda entry: entry["encrypted"] and entry["expect"] != "reject"):
        title = bytes.fromhex(entry["security"]["system_title"] or "")
        if len(title) != 8:
            continue
        new = bytearray(raw(entry))
        done = anonymise(new)
        assert done.layers.encrypted and title[3:] not in new and title[:3] in new, entry["id"]
        assert len([1 for a, b in zip(new, raw(entry)) if a != b]) <= done.layers.encrypted * (5 + 2 * 5), entry["id"]
        decoder = Decoder(None)
        framer = Framer(decoder.telegram)
        framer.feed(new, len(new))
        framer.gap()
        assert decoder.layers.encrypted >= 1 and decoder.reason == "encrypted: no key"


def test_a_list_keeps_what_is_not_a_number_of_the_meter():
    new, _ = same(b"noise" + hdlc(LIST) * 2, NUMBER, b"LGZ1030655933512", b"8800112A")
    assert new.count(b"\x100000000000000001\x02") == 2 and new.count(b"LGZ000000000000") == 2
    for one, texts in decoded(new):
        assert texts[METER_TYPE] == "65341234567" and one["import_power_w"] == 1661
        assert texts[METER_ID] == "0000000000000001"


def test_a_date_time_is_no_number_of_the_meter():
    number = b"\x06\0\0\x06\x7d"
    clock = b"\x09\x0c\x07\xe5\x02\x03\x04\x05\x32\x35\xff\x80\0\0"  # 05:50:53, which digits stand for
    data = (
        b"\xe6\xe7\x00\x0f\x40\0\0\0\0\x02\x0e\x09\x07KFM_001\x09\x10" + NUMBER + b"\x09\x06MA304H"
        + 6 * number + clock + 4 * number
    )
    new, _ = same(hdlc(data), NUMBER)
    assert clock in new


def test_p1_other_meters_and_messages():
    new, _ = same(p1(TEXT) + p1(TEXT), *PRIVATE)
    one, texts = decoded(new)[0]
    assert one["import_energy_t1_wh"] == 12345678000 and one["ts"] == "2010-12-09T11:30:20"
    assert texts[P1_IDENT] == "/XMX5LGBBFFB231000001"
    assert b"(180924130000S)(04890.857*m3)" in new
    assert one["meter_id_ascii"] == "E0000000000000003"


def test_a_checksum_whose_zeros_are_left_out():
    # Of sixteen telegrams one has a zero in front; the new checksum may need the digit.
    longer = 0
    for n in range(200):
        body = TEXT.replace(b"00.503", b"00.%03d" % n)
        data = p1(body)
        if data[len(body):len(body) + 1] != b"0":
            continue
        data = body + data[len(body):].lstrip(b"0")
        new = bytearray(data)
        anonymise(new)
        longer += len(new) > len(data)
        assert numbers(decoded(new)) == numbers(decoded(data)) != []
    assert longer > 5


def test_numbers_cut_by_the_ends_of_the_capture():
    for telegram, private in ((p1(TEXT), PRIVATE), (hdlc(LIST), (NUMBER, b"1030655933512"))):
        for cut in range(len(telegram)):
            new, _ = hidden(telegram[cut:] + telegram + telegram[:cut], *private)
            for number in private:
                # What is left of it at an end.
                assert not new.startswith(number[-4:]) and not new.endswith(number[:4])


def test_segments_may_cut_a_number():
    for cut in range(20, 45):
        frames = (segment(LIST[:cut], True), segment(LIST[cut:], False))
        new, _ = same(frames[0] + frames[1], NUMBER)
        assert decoded(new)[0][1][METER_ID] == "0000000000000001"
        body = LIST[3:]
        same(mbus(body[:cut], 0) + mbus(body[cut:], 0x11), NUMBER)
        # Without the other half nothing is known, so its edges go.
        hidden(frames[0], NUMBER[:6])
        hidden(frames[1], NUMBER[10:])


def segment(information, more):
    frame = bytearray(hdlc(information))
    if more:
        frame[1] |= 8
        frame[6:8] = crc_x25(frame, 1, 6).to_bytes(2, "little")
        frame[-3:-1] = crc_x25(frame, 1, len(frame) - 3).to_bytes(2, "little")
    return bytes(frame)


def block(number, data, last):
    return hdlc(b"\xe6\xe7\x00\xe0" + bytes((0x80 if last else 0x40, 0, number, 0, 0, len(data))) + data)


def test_blocks_may_repeat_and_change_places():
    body = LIST[3:]
    for cut in range(20, 45, 3):
        one, two, three = block(1, body[:cut], 0), block(2, body[cut:90], 0), block(3, body[90:], 1)
        for order in (one + two + three, one + one + two + two + three, one + three + two, three + two + one):
            new, _ = same(order, NUMBER)
            assert decoded(new)[0][1][METER_ID] == "0000000000000001"


KEY = bytes(range(100, 148))
SERVER = b"\x0a\x01EMH\0\0\x01\x02\x03"
ENTRIES = (
    sml.entry((1, 0, 0, 0, 9), sml.octets(SERVER)),
    sml.entry((1, 0, 1, 8, 0), sml.integer(123456789012, 8, False), 30, -1),
    sml.entry((129, 129, 199, 130, 5), b"\x83\x02" + KEY),
)
SML = sml.telegram(*ENTRIES, sml.entry((1, 0, 16, 7, 0), sml.integer(0x1B1B1B1B, 8), 27, -3))  # an escape


def test_sml():
    new, _ = same(SML * 2 + SML[:90], SERVER[5:], KEY)
    assert decoded(new)[0][1][METER_ID][:10] == "0A01454D48"
    # The cut one behind them too.
    assert SERVER not in new


def test_an_sml_message_keeps_its_own_checksum_right():
    telegram = bytearray(sml.telegram(*ENTRIES))
    start = 8
    end = telegram.find(b"\x63\x12\x34\0")
    telegram[end + 1:end + 3] = crc_x25(telegram, start, end).to_bytes(2, "little")
    telegram[-2:] = crc_x25(telegram, 0, len(telegram) - 2).to_bytes(2, "little")
    new, _ = same(bytes(telegram))
    assert new[end + 1:end + 3] == crc_x25(new, start, end).to_bytes(2, "little") != telegram[end + 1:end + 3]


def test_checksums_by_another_convention_stay_such():
    telegram = bytearray(sml.telegram(*ENTRIES))
    end = telegram.find(b"\x63\x12\x34\0")
    telegram[end + 1:end + 3] = crc("KERMIT", telegram[8:end]).to_bytes(2, "big")
    telegram[-2:] = crc("KERMIT", telegram[:-2]).to_bytes(2, "big")
    new, _ = same(bytes(telegram) * 6, SERVER[5:], KEY)
    one = new[:len(telegram)]
    assert one[-2:] == crc("KERMIT", one[:-2]).to_bytes(2, "big")
    assert one[end + 1:end + 3] == crc("KERMIT", one[8:end]).to_bytes(2, "big")
    new, _ = same((TEXT + b"%04X\r\n" % crc("X25", TEXT)) * 6, *PRIVATE)
    end = new.find(b"!") + 1
    assert new[end:end + 4] == b"%04X" % crc("X25", new[:end])


def test_a_7e1_line_read_as_8n1():
    stream = bytes([byte | 0x80 if bin(byte).count("1") & 1 else byte for byte in p1(TEXT) * 3])
    new, _ = same(stream)
    plain = bytes([byte & 0x7F for byte in new])
    assert bytes([byte & 0x7F for byte in stream]) == p1(TEXT) * 3
    for number in PRIVATE:
        assert number not in plain
    assert all([bin(byte).count("1") & 1 == 0 for byte in new])
    # A character with a wrong parity stays wrong, and hides nothing.
    for at in 30, len(stream) // 2, len(stream) - 20:
        for bit in 3, 5, 7:
            damaged = bytearray(stream)
            damaged[at] ^= 1 << bit
            new = bytearray(damaged)
            anonymise(new)
            plain = bytes([byte & 0x7F for byte in new])
            for number in PRIVATE:
                assert number not in plain, (at, bit)
            wrong = [i for i in range(len(new)) if bin(new[i]).count("1") & 1]
            assert wrong == [at], (at, bit, wrong)
    # After noise from other settings, and cut off.
    noise = Random(2).bytes(300)
    new = bytearray(hdlc(LIST) + noise + stream[100:] + hdlc(LIST))
    anonymise(new)
    plain = bytes([byte & 0x7F for byte in new])
    for number in PRIVATE + (NUMBER,):
        assert number not in plain
    assert len(decoded(new)) >= 2


def test_what_has_a_wrong_checksum_is_cleaned_and_stays_wrong():
    for telegram in (hdlc(LIST), p1(TEXT), mbus(LIST[3:])):
        broken = bytearray(telegram)
        broken[len(broken) // 2] ^= 0x20
        new, done = hidden(bytes(broken), NUMBER, b"1030655933512", *PRIVATE)
        assert decoded(new) == [] and done.telegrams == 0
        hidden(telegram + bytes(broken) + telegram, NUMBER, b"1030655933512", *PRIVATE)


def test_an_unknown_apdu_is_cleaned_and_keeps_a_right_checksum():
    data = hdlc(b"\xe6\xe7\x00\xc4\x01\xc1\x00\x09\x10" + NUMBER)
    new, _ = hidden(data, NUMBER)
    assert new[-3:-1] == crc_x25(new, 1, len(new) - 3).to_bytes(2, "little")


def test_damaged_captures_never_fail():
    random = Random(11)
    good = (hdlc(LIST), p1(TEXT), mbus(LIST[3:]), sml.GOOD, SML, block(1, LIST, 1), segment(LIST, True))
    for _ in range(150):
        data = bytearray(b"".join([random.choice(good) for _ in range(3)]))
        for _ in range(random.below(12)):
            at = random.below(len(data))
            kind = random.below(3)
            if kind == 0:
                data[at] = random.bits(8)
            elif kind == 1:
                data = data[:at] + data[at + random.below(9):]
            else:
                data = data[:at] + random.bytes(random.below(9)) + data[at:]
        before = numbers(decoded(data))
        new = bytearray(data)
        anonymise(new)
        # Damage may invent a telegram without a checksum; what has one stays.
        assert len(numbers(decoded(new))) >= len(before) - 1
    for data in (b"", b"\0", b"\x0f", b"\xe6\xe7\x00", b"/", b"\xdb\x08"):
        anonymise(bytearray(data))
