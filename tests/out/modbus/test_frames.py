"""Requests in a stream of bytes: whole ones, several at once, byte by byte, cut, wrong, and random bytes."""

import asyncio
from struct import pack

from han.out.modbus.frames import talk
from han.out.modbus.pdu import answer
from tests.support import Random


class Device:
    """Unit 1 has registers 10 to 209, each with its own number; those from 100 on have no reading."""

    edition = 0
    starved = False

    def has(self, unit):
        return unit <= 1 or unit == 255

    def fresh(self):
        return False

    def read(self, unit, at, count):
        if self.starved:
            raise MemoryError
        if at < 10 or at + count > 210:
            return 2
        if at + count > 100:
            return 4
        return b"".join([bytes((number >> 8, number & 0xFF)) for number in range(at, at + count)])

    def serial(self):
        return b"HAN005E10ABCD"

    def objects(self):
        return b"maker", b"code", b"1.2.3", b"", b"product", b"model", b"name"


class Status:
    sent = dropped = 0


class Client:
    """A client that sends these pieces, then goes."""

    left = None

    def __init__(self, pieces):
        self._pieces = list(pieces)
        self.got = b""
        self.limits = []

    async def read(self, most):
        self.limits.append(self.left)
        if not self._pieces:
            return b""
        piece = self._pieces.pop(0)
        if len(piece) > most:
            self._pieces.insert(0, piece[most:])
        return piece[:most]

    async def send(self, data, patience):
        assert patience == 5000
        self.got += data
        self.left = None


async def said(*pieces, device=None):
    """(what was answered, answers counted, frames dropped, whether all was read) to these pieces."""
    client = Client(pieces)
    status = Status()
    await talk(client, device or Device(), status)
    assert all(limit in (120000, 10000) for limit in client.limits)
    return client.got, status.sent, status.dropped, not client._pieces


def frame(pdu, unit=1, transaction=0x1234, protocol=0, length=None):
    length = len(pdu) + 1 if length is None else length
    return pack(">HHHB", transaction, protocol, length, unit) + pdu


def reading(at, count, function=3):
    return bytes((function, at >> 8, at & 0xFF, count >> 8, count & 0xFF))


GOOD = frame(reading(20, 2))
GOOD_ANSWER = bytes.fromhex("123400000007010304" + "00140015")


async def test_a_request_is_answered_with_its_transaction_and_unit():
    assert await said(GOOD) == (GOOD_ANSWER, 1, 0, True)
    assert await said(frame(reading(20, 1, 4), 0, 0xFFFF)) == (bytes.fromhex("ffff00000005000402" + "0014"), 1, 0, True)
    got, _, _, _ = await said(frame(reading(10, 90), 255))
    assert got[:9] == bytes.fromhex("1234000000b7ff03b4") and len(got) == 9 + 180


async def test_requests_that_come_in_pieces_or_together():
    for pieces in (
        [GOOD[i : i + 1] for i in range(len(GOOD))],
        [GOOD[:5], GOOD[5:]],
        [GOOD[:11], GOOD[11:]],
    ):
        assert await said(*pieces) == (GOOD_ANSWER, 1, 0, True)
    many = GOOD * 50
    assert await said(many) == (GOOD_ANSWER * 50, 50, 0, True)
    assert await said(*[many[i : i + 7] for i in range(0, len(many), 7)]) == (GOOD_ANSWER * 50, 50, 0, True)
    assert await said(GOOD + GOOD[:9]) == (GOOD_ANSWER, 1, 0, True)


async def test_a_frame_that_has_begun_has_less_time_than_a_silent_client():
    client = Client([GOOD[:3], GOOD[3:8], GOOD[8:] + GOOD[:1], GOOD[1:]])
    await talk(client, Device(), Status())
    assert client.limits == [120000, 10000, 10000, 10000, 120000]


async def test_another_protocol_is_passed_over():
    assert await said(frame(reading(20, 2), protocol=1) + GOOD) == (GOOD_ANSWER, 1, 1, True)
    assert await said(frame(b"\x03", protocol=0x8000)) == (b"", 0, 1, True)


async def test_a_length_that_cannot_be_ends_the_connection():
    for length in (0, 1, 255, 256, 0xFFFF):
        assert await said(GOOD + frame(reading(20, 2), length=length), GOOD) == (GOOD_ANSWER, 1, 1, False)


async def test_the_longest_frame():
    pdu = bytes((3,)) + bytes(252)
    got, sent, dropped, whole = await said(frame(pdu) + GOOD)
    assert (got[7:9], got[9:], sent, dropped, whole) == (b"\x83\x03", GOOD_ANSWER, 2, 0, True)


async def test_no_memory_is_told_as_busy():
    device = Device()
    device.starved = True
    assert await said(GOOD, device=device) == (bytes.fromhex("123400000003018306"), 1, 0, True)


async def test_a_client_whose_knowledge_is_old_is_sent_away():
    class Changing(Device):
        def read(self, unit, at, count):
            if at == 30:
                self.edition += 1
            return Device.read(self, unit, at, count)

    device = Changing()
    other = frame(reading(30, 2))
    # What it asks first is answered in any case: it has been told nothing else before.
    assert (await said(other, device=device))[1:] == (1, 0, True)
    assert (await said(GOOD, other, GOOD, device=device)) == (GOOD_ANSWER, 1, 0, False)
    assert (await said(GOOD, device=device)) == (GOOD_ANSWER, 1, 0, True)


def code(pdu, unit=1):
    """The exception that a request gets; None where it gets another answer."""
    got = answer(Device(), bytes((unit,)) + pdu)
    if got[0] & 0x80:
        assert got[0] == pdu[0] | 0x80 and len(got) == 2
        return got[1]
    assert got[0] == pdu[0]
    return None


def test_exceptions():
    for function in (3, 4):
        assert code(reading(10, 1, function)) is None
        assert code(reading(9, 1, function)) == 2
        assert code(reading(209, 2, function)) == 2
        assert code(reading(0xFFFF, 1, function)) == 2
        assert code(reading(0xFFFF, 125, function)) == 2
        assert code(reading(10, 0, function)) == 3
        assert code(reading(10, 126, function)) == 3
        assert code(reading(0, 0xFFFF, function)) == 3
        assert code(reading(99, 2, function)) == 4
        assert code(reading(10, 1, function)[:4]) == 3
        assert code(reading(10, 1, function) + b"\0") == 3
        assert code(bytes((function,))) == 3
    for function in list(range(0, 3)) + list(range(5, 0x11)) + list(range(0x12, 0x2B)) + list(range(0x2C, 0x80)):
        assert code(bytes((function, 0, 0, 0, 1))) == 1, function
    for unit in (2, 3, 100, 247, 254):
        assert code(reading(10, 1), unit) == 0x0B
        assert code(b"\x06\0\0\0\0", unit) == 0x0B
    assert answer(Device(), b"\x01\x83\0") == b"\x83\x01"
    assert answer(Device(), b"\x01\xff") == b"\xff\x01"


def test_the_server_id():
    assert answer(Device(), b"\x01\x11") == b"\x11\x0eHAN005E10ABCD\x00"
    device = Device()
    device.fresh = lambda: True
    assert answer(device, b"\x01\x11")[-1] == 0xFF
    assert code(b"\x11\0") == 3


def identity(*request):
    """The exception, or (read code, conformity, more follows, next object, objects)."""
    pdu = b"\x2b" + bytes(request)
    got = answer(Device(), b"\x01" + pdu)
    if got[0] == 0xAB:
        return got[1]
    assert got[:2] == b"\x2b\x0e"
    objects = {}
    at = 7
    while at < len(got):
        objects[got[at]] = got[at + 2 : at + 2 + got[at + 1]]
        at += 2 + got[at + 1]
    assert at == len(got) and len(objects) == got[6]
    return got[2], got[3], got[4], got[5], objects


def test_the_identification():
    every = dict(enumerate(Device().objects()))
    basic = {i: every[i] for i in range(3)}
    assert identity(0x0E, 1, 0) == (1, 0x82, 0, 0, basic)
    assert identity(0x0E, 1, 1) == (1, 0x82, 0, 0, {1: b"code", 2: b"1.2.3"})
    assert identity(0x0E, 1, 3) == (1, 0x82, 0, 0, basic)
    assert identity(0x0E, 2, 0) == (2, 0x82, 0, 0, every)
    assert identity(0x0E, 2, 6) == (2, 0x82, 0, 0, {6: b"name"})
    assert identity(0x0E, 3, 0) == (3, 0x82, 0, 0, every)
    assert identity(0x0E, 3, 0x80) == (3, 0x82, 0, 0, every)
    for i in range(7):
        assert identity(0x0E, 4, i) == (4, 0x82, 0, 0, {i: every[i]})
    for i in (7, 0x80, 0xFF):
        assert identity(0x0E, 4, i) == 2
    for request in ((0x0E,), (0x0E, 1), (0x0E, 0, 0), (0x0E, 5, 0), (0x0E, 1, 0, 0), ()):
        assert identity(*request) == 3
    assert identity(0x0D, 0, 0) == 1


async def test_random_frames_and_bytes():
    random = Random(1502)
    for turn in range(400):
        pieces = []
        whole = 0
        for _ in range(random.between(1, 6)):
            kind = random.below(8)
            if kind == 0:
                piece = random.bytes(random.below(40))
            elif kind == 1:
                piece = frame(random.bytes(random.between(1, 253)), random.bits(8), random.bits(16))
            else:
                function = random.choice((3, 4, 3, 4, 0x11, 0x2B, 6, 16))
                pdu = reading(random.below(260), random.below(140), function)
                piece = frame(pdu, random.choice((0, 1, 1, 1, 2, 255)), random.bits(16), random.below(20) == 0)
            whole += kind != 0
            pieces.append(piece)
        data = b"".join(pieces)
        cut = []
        while data:
            n = random.between(1, 300) if turn & 1 else random.between(1, 20)
            cut.append(data[:n])
            data = data[n:]
        got, sent, dropped, _ = await said(*cut)
        at = 0
        for _ in range(sent):  # what was answered are whole frames
            assert got[at + 2 : at + 4] == b"\0\0"
            length = got[at + 4] << 8 | got[at + 5]
            assert 3 <= length <= 254
            at += 6 + length
        assert at == len(got)
        assert dropped <= whole + 6


async def test_a_client_is_not_waited_for_by_others():
    done = []

    class Slow(Client):
        async def send(self, data, patience):
            await asyncio.sleep(0.2)
            done.append(self)

    slow, fast = Slow([GOOD]), Client([GOOD])
    await asyncio.gather(talk(slow, Device(), Status()), talk(fast, Device(), Status()))
    assert done == [slow] and fast.got == GOOD_ANSWER
