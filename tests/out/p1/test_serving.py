"""P1 over TCP: the meter's telegrams as they were sent, virtual ones of other meters, and nothing that is too old."""

import asyncio
import socket

from han.core.bus import Bus
from han.core.log import Log
from han.meter.link import Link
from han.out import p1
from han.out.p1.source import Source
from tests.out.p1 import strict
from tests.out.p1.test_telegram import clock
from tests.out.test_serve import closed, end, until
from tests.support import free_port, raises, raw, telegrams

_SO_SNDBUF, _SO_RCVBUF = 7, 8  # of Linux; not every interpreter has their names

TEXT = (
    b"/KAM5\r\n\r\n0-0:1.0.0(260921161320S)\r\n1-0:1.8.0(00001234.567*kWh)\r\n1-0:1.7.0(0000.512*kW)\r\n"
    b"1-0:32.7.0(230.1*V)\r\n"
)


def text(power, crc=True):
    """A telegram of a Swedish meter that imports `power` W; without its end of line."""
    told = TEXT.replace(b"0000.512", b"%04d.%03d" % (power // 1000, power % 1000)) + b"!"
    return told + b"%04X" % strict.arc(told) if crc else told


def sml_or_dlms(identity=None):
    """The bytes of a recorded telegram of a meter without P1."""
    return raw(telegrams(lambda one: one["framing"] == "hdlc" and not one["encrypted"], expect="decode")[0])


class Uart:
    any_setting = True
    data = b""

    def readinto(self, buf):
        n = min(len(buf), len(self.data))
        buf[:n] = self.data[:n]
        self.data = self.data[n:]
        return n


class Plug:
    """A second UART that keeps what it has sent."""

    def __init__(self):
        self.sent = b""
        self.wants = True
        self.busy = 0
        self.open = True

    def asked(self):
        return self.wants

    def idle(self):
        self.busy -= 1
        return self.busy < 0

    def write(self, data):
        assert len(data) <= 1024
        self.sent += bytes(data)

    def close(self):
        self.open = False


class Board:
    spare_uart = None
    listen = ("127.0.0.1", 0)

    def __init__(self):
        self.ticks = 0
        self.out = None

    def ticks_ms(self):
        return self.ticks

    def ticks_diff(self, a, b):
        return a - b

    def plug(self):
        if isinstance(self.out, Exception):
            raise self.out
        return self.out


class Messages:
    def __init__(self, app):
        self._app = app
        self.silent = False

    def fresh(self):
        return None if self.silent else self._app.bus.latest.get("meter")

    def energies(self, live):
        return live.energies()


class Status:
    state = ""
    health = error = None

    def __init__(self, settings):
        self.settings = settings
        self.clients = self.sent = self.dropped = 0

    def tell(self, state, health="ok", error=None):
        self.state, self.health, self.error = state, health, error


class App:
    """A reader's parts that P1 needs, with a meter that speaks when say() is called."""

    def __init__(self, cipher=None):
        self.board = Board()
        self.bus = Bus()
        self.clock = clock()
        self.log = Log(self.clock)
        self.uart = Uart()
        self.link = Link(self.uart, self.bus, self.board, cipher=cipher)
        self.link.start()
        self.messages = Messages(self)

    def say(self, data):
        """The meter sends this, and then pauses."""
        self.uart.data += data
        while self.link.step():
            pass
        self.board.ticks += 2000
        self.link.step()


class Running:
    """`async with Running(app, uart=True) as status`: the language runs."""

    def __init__(self, app, **settings):
        given = {"on": True, "port": free_port(), "virtual": True, "uart": False}
        given.update(settings)
        self.app = app
        self.status = Status(given)

    async def __aenter__(self):
        self.task = asyncio.create_task(p1.run(self.app, self.status))
        await until(lambda: self.status.state)
        return self.status

    async def __aexit__(self, *exception):
        await end(self.task)
        assert not self.app.bus.boxes["meter"]


async def connected(status, wanted=1):
    reader, writer = await asyncio.open_connection("127.0.0.1", status.settings["port"])
    await until(lambda: status.clients == wanted)
    await asyncio.sleep(0.02)  # its task has begun to wait for telegrams
    return reader, writer


async def taken(reader, n):
    return await asyncio.wait_for(reader.readexactly(n), 10)


def run(coroutine):
    asyncio.run(coroutine)


def test_p1_is_passed_on_byte_for_byte():
    async def go():
        app = App()
        async with Running(app) as status:
            assert status.state == "listening"
            reader, writer = await connected(status)
            for power in range(3):
                sent = text(power) + b"\r\n"
                app.say(sent)
                assert await taken(reader, len(sent)) == sent
            await until(lambda: status.sent == 3)
            assert status.state == "listening: the meter's telegrams" and status.health == "ok"
            writer.close()

    run(go())


def test_every_recorded_p1_telegram_is_passed_on_as_it_was_sent():
    async def go():
        entries = telegrams(lambda one: one["framing"] == "p1" and not one["encrypted"], expect="decode")
        assert len(entries) > 20
        for entry in entries:
            sent = raw(entry)
            whole = sent[sent.find(b"/") :]
            app = App()
            async with Running(app) as status:
                reader, writer = await connected(status)
                app.say(sent)
                got = await taken(reader, len(whole.rstrip()) + 2)
                if max(whole) < 0x80 and whole.count(b"!") == 1:
                    assert got == whole.rstrip() + b"\r\n", entry["id"]
                writer.close()

    run(go())


def test_a_telegram_without_checksum_stays_so():
    async def go():
        app = App()
        async with Running(app) as status:
            reader, writer = await connected(status)
            sent = text(7, crc=False) + b"\r\n"
            app.say(sent)
            assert await taken(reader, len(sent)) == sent
            sent = sent.replace(b"\r\n", b"\n")
            app.say(sent)
            assert await taken(reader, len(sent)) == sent
            writer.close()

    run(go())


class Simple:
    """A cipher that everybody could break."""

    proven = True
    replayed = 0

    def open(self, header, buf):
        for i in range(header.start, header.end):
            buf[i] ^= 0xA5


def sealed(content):
    content = bytes([byte ^ 0xA5 for byte in content])
    return b"\xdb\x08KAM\1\2\3\4\5" + b"\x82" + (len(content) + 5).to_bytes(2, "big") + b"\x20\0\0\0\1" + content


def test_a_ciphered_telegram_is_passed_on_in_clear_with_a_checksum():
    async def go():
        whole = text(7) + b"\r\n"
        head, _, rest = whole.partition(b"\r\n\r\n")
        lines = rest[: rest.find(b"!")]
        app = App(Simple())
        async with Running(app) as status:
            reader, writer = await connected(status)
            for sent in (
                sealed(whole), sealed(text(7)), sealed(text(7, crc=False)), sealed(text(7, crc=False) + b"\r\n"),
                head + b"\r\n" + b"\0" + sealed(lines)[10:], head + b"\r\n" + b"\0" + sealed(rest)[10:],
            ):  # fmt: skip
                app.say(sent)
                assert await taken(reader, len(whole)) == whole
                assert status.state == "listening: the meter's telegrams, decrypted"
            app.say(text(8) + b"\r\n")
            assert await taken(reader, len(whole)) == text(8) + b"\r\n"
            assert status.state == "listening: the meter's telegrams"
            writer.close()

    run(go())


def test_without_its_key_a_ciphered_telegram_is_not_sent():
    async def go():
        app = App()
        async with Running(app) as status:
            reader, writer = await connected(status)
            app.say(sealed(text(7)))
            app.say(text(8) + b"\r\n")
            assert await taken(reader, len(text(8)) + 2) == text(8) + b"\r\n"
            writer.close()

    run(go())


def test_a_damaged_telegram_is_not_passed_on():
    async def go():
        app = App()
        async with Running(app) as status:
            reader, writer = await connected(status)
            app.say(text(7).replace(b"230.1", b"230.2") + b"\r\n")
            app.say(text(8) + b"\r\n")
            assert await taken(reader, len(text(8)) + 2) == text(8) + b"\r\n"
            writer.close()

    run(go())


def test_another_meter_gets_a_virtual_telegram():
    async def go():
        app = App()
        async with Running(app) as status:
            reader, writer = await connected(status)
            app.say(sml_or_dlms())
            got = await taken(reader, 60)
            while not got.endswith(b"\r\n") or b"!" not in got:
                got += await taken(reader, 1)
            strict.every(got)
            await until(lambda: status.sent == 1)
            assert status.state == "listening: virtual telegrams"
            writer.close()

    run(go())


def test_without_virtual_telegrams_another_meter_says_nothing():
    async def go():
        app = App()
        async with Running(app, virtual=False) as status:
            reader, writer = await connected(status)
            app.say(sml_or_dlms())
            assert status.state == "listening: the meter has no P1, and virtual telegrams are off"
            assert status.health == "degraded" and status.error == "the meter has no P1, and virtual telegrams are off"
            while status.health != "ok":  # a P1 meter in its place, which is believed after some telegrams
                app.say(text(9) + b"\r\n")
            assert await taken(reader, len(text(9)) + 2) == text(9) + b"\r\n"
            assert status.health == "ok" and status.error is None
            writer.close()

    run(go())


def test_a_telegram_that_another_meter_has_replaced_is_not_sent_as_a_virtual_one():
    async def go():
        app = App()
        async with Running(app, virtual=False) as status:
            reader, writer = await connected(status)
            app.say(text(1) + b"\r\n")
            while status.health == "ok":  # nothing can be sent in between
                app.say(sml_or_dlms())
            await until(lambda: status.dropped)
            assert status.sent == 0
            while status.health != "ok":
                app.say(text(9) + b"\r\n")
            assert await taken(reader, len(text(9)) + 2) == text(9) + b"\r\n"
            writer.close()

    run(go())


def test_a_third_client_is_closed():
    async def go():
        app = App()
        async with Running(app) as status:
            one = await connected(status)
            two = await connected(status, 2)
            third, writer = await asyncio.open_connection("127.0.0.1", status.settings["port"])
            assert await closed(third)
            assert status.clients == 2
            app.say(text(1) + b"\r\n")
            for reader, _ in (one, two):
                assert await taken(reader, len(text(1)) + 2) == text(1) + b"\r\n"
            for _, each in (one, two):
                each.close()
            writer.close()

    run(go())


def test_nothing_is_sent_while_the_meter_is_silent():
    async def go():
        app = App()
        async with Running(app) as status:
            reader, writer = await connected(status)
            app.messages.silent = True
            app.say(text(1) + b"\r\n")
            await until(lambda: status.dropped)
            app.messages.silent = False
            app.say(text(2) + b"\r\n")
            assert await taken(reader, len(text(2)) + 2) == text(2) + b"\r\n"
            await until(lambda: status.sent == 1)
            writer.close()

    run(go())


def long(power):
    """A telegram of 2 kB."""
    told = text(power, crc=False)[:-1] + b"0-0:96.13.0(" + b"31" * 1000 + b")\r\n!"
    return told + b"%04X\r\n" % strict.arc(told)


def narrow(client):
    """Let the system keep little of what is sent to a Client."""
    writer = client._writer
    sock = writer.transport.get_extra_info("socket") if hasattr(writer, "transport") else writer.s
    sock.setsockopt(socket.SOL_SOCKET, _SO_SNDBUF, 4096)


async def slow(status):
    """A client of which the system keeps little, too: a socket from which nothing is read."""
    talk = Source.talk

    def narrowed(source, client):
        narrow(client)
        return talk(source, client)

    Source.talk = narrowed
    try:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUF, 32768)
        sock.connect(socket.getaddrinfo("127.0.0.1", status.settings["port"])[0][-1])
        await until(lambda: status.clients == 1)
        await asyncio.sleep(0.02)
    finally:
        Source.talk = talk
    return sock


async def fill(app, status):
    """Let the meter speak until the slow client has missed telegrams; returns the power of the last one."""
    for power in range(1, 20000):
        sent = status.sent
        app.say(long(power))
        for _ in range(20):
            if status.sent == sent:
                await asyncio.sleep(0.002)
        if power - status.sent > 3:  # one waits, and the others are lost
            return power
    raise AssertionError("nothing was missed")


def test_a_client_that_does_not_read_misses_whole_telegrams():
    async def go():
        app = App()
        async with Running(app) as status:
            sock = await slow(status)
            last = await fill(app, status)
            assert app.link.live.seq == last  # the meter was not delayed
            # From now on it reads again.
            size, before, got, count = len(long(1)), 0, b"", 0
            sock.setblocking(False)
            while before < last:
                try:
                    got += sock.recv(size - len(got))
                except OSError:  # nothing there yet
                    await asyncio.sleep(0.005)
                if len(got) == size:
                    strict.evcc(got)
                    at = got.find(b"1-0:1.7.0(") + 10
                    now = strict.wh(got[at : at + 8].decode())
                    assert now > before  # none twice, none after a newer one
                    before, got, count = now, b"", count + 1
            assert before == last and count == status.sent and status.dropped == last - count >= 2
            app.say(long(last + 1))
            await until(lambda: status.sent == count + 1)
            sock.close()

    run(go())


def test_a_client_that_takes_nothing_for_long_is_ended():
    async def go():
        app = App()
        stall, Source.stall_ms = Source.stall_ms, 600
        try:
            async with Running(app) as status:
                sock = await slow(status)
                await fill(app, status)
                await until(lambda: status.clients == 0)
                sock.close()
        finally:
            Source.stall_ms = stall

    run(go())


def test_what_a_client_says_is_ignored():
    async def go():
        app = App()
        async with Running(app) as status:
            reader, writer = await connected(status)
            writer.write(b"GET / HTTP/1.1\r\n\r\n/!\0\xff" + bytes(range(256)) * 8)
            await writer.drain()
            await asyncio.sleep(0.1)
            for power in 1, 2:
                app.say(text(power) + b"\r\n")
                assert await taken(reader, len(text(power)) + 2) == text(power) + b"\r\n"
            writer.close()

    run(go())


def test_a_client_that_goes_makes_room():
    async def go():
        app = App()
        async with Running(app) as status:
            for _ in range(5):
                reader, writer = await connected(status)
                writer.close()
                await writer.wait_closed()
                await until(lambda: status.clients == 0)
            app.say(text(1) + b"\r\n")
            assert status.dropped == 0

    run(go())


def test_without_memory_for_a_copy_the_meter_is_read_all_the_same():
    async def go():
        app = App()
        async with Running(app) as status:
            reader, writer = await connected(status)
            source = app.bus.boxes["meter"][0]
            take = source._take

            def starved(decoder):
                take(decoder)
                raise MemoryError

            source._take = starved
            app.say(text(1) + b"\r\n")
            assert app.link.live.seq == 1 and status.dropped == 1
            source._take = take
            app.say(text(2) + b"\r\n")
            got = await taken(reader, len(text(2)) + 2)
            assert got in (text(1) + b"\r\n", text(2) + b"\r\n")
            writer.close()

    run(go())


def test_when_it_ends_its_port_and_clients_are_closed():
    async def go():
        app = App()
        running = Running(app)
        async with running as status:
            reader, writer = await connected(status)
        assert await closed(reader)
        sock = socket.socket()
        with raises(OSError):
            sock.connect(socket.getaddrinfo("127.0.0.1", status.settings["port"])[0][-1])
        sock.close()

    run(go())


def test_the_second_uart_gets_the_telegrams_too():
    async def go():
        app = App()
        app.board.spare_uart = 1, 25, 26
        app.board.out = plug = Plug()
        async with Running(app, uart=True) as status:
            await asyncio.sleep(0.02)
            app.say(text(1) + b"\r\n")
            await until(lambda: plug.sent == text(1) + b"\r\n")
            plug.wants = False
            app.say(text(2) + b"\r\n")
            await asyncio.sleep(0.05)
            plug.wants = True
            plug.sent = b""
            plug.busy = 3
            app.say(text(3) + b"\r\n")
            await until(lambda: plug.sent == text(3) + b"\r\n")
            assert status.sent == 2 and plug.open
        assert not plug.open

    run(go())


def test_a_long_telegram_goes_to_the_uart_in_pieces():
    async def go():
        app = App()
        app.board.spare_uart = 1, 25, 26
        app.board.out = plug = Plug()
        async with Running(app, uart=True):
            await asyncio.sleep(0.02)
            app.say(long(1))
            await until(lambda: plug.sent == long(1))

    run(go())


def test_a_board_without_a_second_uart_says_so_and_serves_its_port():
    async def go():
        for fault in None, ValueError("invalid pin"):
            app = App()
            if fault:
                app.board.spare_uart = 1, 25, 26
                app.board.out = fault
            async with Running(app, uart=True) as status:
                await until(lambda: status.state == "listening")
                assert status.health == "degraded"
                assert status.error == (
                    "the second UART does not start: invalid pin" if fault
                    else "this board has no free pin for a P1 plug"
                )  # fmt: skip
                reader, writer = await connected(status)
                app.say(text(1) + b"\r\n")
                assert await taken(reader, len(text(1)) + 2) == text(1) + b"\r\n"
                assert status.state == "listening: the meter's telegrams" and status.health == "degraded"
                writer.close()

    run(go())
