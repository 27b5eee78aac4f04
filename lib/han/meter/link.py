"""The meter task: UART -> framer -> decoder -> bus. Never waits for the network or the flash."""
try:
    from asyncio import sleep_ms
except ImportError:
    import asyncio

    async def sleep_ms(ms):
        await asyncio.sleep(ms / 1000)

from ..wire import framer as wire
from .line.capture import Capture
from .decoder import Decoder
from .live import Live
from .sense.plausible import Plausible
from .sense.ratio import Ratio
from .reading import METER_ID
from .line.search import Search

#: The line is looked at so often, ms; the receive buffer of 8 kB holds 700 ms at 115200.
_POLL_MS = 5
#: A line that is silent for so long has ended its telegram, ms.
_GAP_MS = 1000
#: A burst of bytes is over, ms.
BURST_MS = 150
_CHUNK = 256
_END = 0x21  # '!' at the end of a P1 telegram


class Counters(wire.Counters):
    """What happened at each stage since boot; every number only grows."""

    encrypted = 0
    decrypt_failures = 0
    replayed = 0  # ciphered telegrams whose counter was not above the one before
    decoded = 0
    rejected = 0
    implausible = 0
    line_changes = 0


class Link:
    """Reads the meter for ever; publishes `live` as bus topic 'meter' after each telegram.

    uart: configure(baud, bits, parity, stop, inverted) and readinto(buf) -> bytes read, 0 for
    none. option: 0 finds the line's settings, n > 0 takes told.selectable()[n - 1].
    """

    reason = None  # why the line is left alone, where it is

    def __init__(self, uart, bus, board, option=0, cipher=None):
        self.counters = Counters()
        self.live = Live()
        self.plausible = Plausible()
        #: Of the settings: energy, current and voltage multiplied by so many thousandths (0: not), transformer ratio.
        self.factors = 0, 0, 0, 1
        self._ratio = None  # which does that, where there is anything to do
        self._going = False  # clients may have been told counters
        self._anew = False  # what comes next is another meter's
        self.capture = Capture()
        self.uart = uart
        self._bus = bus
        self.board = board
        self.decoder = Decoder(self._reading, cipher)
        self._framer = wire.Framer(self._telegram, self.counters)
        self.conventions = self._framer.conventions
        self._explained = 0  # telegrams that only another convention of checksums explains
        self.search = Search(option)
        self._chunk = bytearray(_CHUNK)
        self._now = board.ticks_ms()
        self._up = 0  # ms since the start, which the board's tick does not count beyond its wrap
        self._up_tick = self._now
        self.last_byte = self._now
        self._last_telegram = self._now
        self.heard = False  # bytes came at all
        self._since = self._now  # of the silence, or of the trial
        self._silent = False  # it has been noticed
        self._signs = 0
        self._checked = self._alone = False  # whether the telegram at hand had a checksum, and what if not

    def use(self, option, cipher, maker):
        """Go on with another option and cipher; maker: the lists' (`profiles.opening`), None: told from them."""
        self.decoder.layers.cipher = cipher
        self.decoder.maker = maker
        if option == 0:
            self.search.free()
        elif not self.search.fixed or self.search.index != option - 1:
            self.search = Search(option)
            self.start()

    def multiply(self, energy, current, voltage, transformer):
        """Multiply numbers from the next telegram on: thousandths, 0: not; all but voltages by a transformer's ratio.

        True where counters begin anew with it, as another meter's.
        """
        ratio = Ratio(energy, current, voltage, transformer)
        self._ratio = None if ratio.nothing() else ratio
        before, _, _, through = self.factors
        self.factors = energy, current, voltage, transformer
        scales = self.decoder.scales
        scales.fixed = voltage > 0, current > 0, energy > 0
        found = scales.growth.thousandths()
        if self._going and (through != transformer or (before or found) != (energy or found)):
            scales.growth.forget()
            scales.restated = True
        return scales.restated

    def expect(self, counters, meter, kept):
        """Go on from what clients were told before the start, by the ratio that is in force.

        counters: the four totals, None each where not known; meter: the CRC-32 of the number of the meter that they
        are from, 0: not known; kept: what Scales.keep() gave
        """
        self._going = True
        self.plausible.expect(counters, meter)
        ratio = self.factors[3]
        self.decoder.scales.expect(kept, [number and number // ratio for number in counters], meter)

    # Lives as long as the application; its supervisor starts it again should it ever raise.
    async def run(self):
        """Read and decode for ever."""
        self.start()
        while True:
            await sleep_ms(0 if self.step() else _POLL_MS)

    def start(self):
        """Set the line up; `step` may be called from now on."""
        self._now = self._last_telegram = self.board.ticks_ms()
        self._configure()

    def pulse(self):
        """Changes as long as the task runs."""
        return self._now

    def seven(self):
        """True where the last P1 telegram came from a 7E1 line."""
        return self._framer.seven()

    def step(self):
        """Take what has arrived, without waiting; True where more may be there at once."""
        n = self.uart.readinto(self._chunk)
        self._now = now = self.board.ticks_ms()
        since = self.board.ticks_diff
        if n:
            self.last_byte = self._since = now
            self._silent = False
            self.heard = True
            self.capture.add(self._chunk, n)
            self.search.hear(self._chunk, n)
            self._framer.feed(self._chunk, n)
            if self.conventions.heard != self._explained:
                # A checksum by another convention is right on no other line.
                self._explained = self.conventions.heard
                self._line_is_right()
            if self.search.received >= Search.many_bytes:
                self._pause()
        elif not self._silent and since(now, self._since) > (_GAP_MS if self._framer.open else BURST_MS):
            self._silent = True
            self._framer.gap()
            self._pause()
        if self.search.wanted != self.search.index and not self.uart.any_setting:
            self.counters.line_changes += 1
            self._configure()
        return n == _CHUNK

    def _pause(self):
        self.search.look(self.board.ticks_diff(self._now, self._last_telegram), self.live.period_ms)
        c = self.counters
        signs = c.checksum_errors + c.truncated + c.parity
        again = self.search.pause(signs != self._signs)
        self._signs = signs
        if again and not self.uart.any_setting:
            self._configure()

    def _configure(self):
        self.search.begin()
        if not self.uart.any_setting:
            self.uart.configure(*self.search.line())
        self._framer.gap()
        c = self.counters
        self._signs = c.checksum_errors + c.truncated + c.parity
        self._since = self._now
        self._silent = False

    def _line_is_right(self):
        self.search.telegram()
        self._last_telegram = self._now

    def _telegram(self, kind, buf, start, end):
        self._line_is_right()
        decoder = self.decoder
        # P1 may end without a checksum; a ciphered telegram that stands alone has its tag or nothing.
        self._checked = kind != wire.GLO and (kind != wire.P1 or buf[end - 1] != _END)
        self._alone = kind == wire.GLO
        decoder.telegram(kind, buf, start, end)
        c = self.counters
        c.decoded = decoder.decoded
        c.rejected = decoder.rejected
        layers = decoder.layers
        c.encrypted = layers.encrypted
        c.decrypt_failures = layers.decrypt_failures
        if layers.cipher:
            c.replayed = layers.cipher.replayed

    def _reading(self, reading):
        if reading.empty():
            return
        since = self.board.ticks_diff
        self._up += since(self._now, self._up_tick)
        self._up_tick = self._now
        live = self.live
        scales = self.decoder.scales
        if reading.unscaled:
            scales.count(reading, self._up)
        if scales.restated:
            scales.restated = False
            self.plausible.change()
            self._anew = True
        if self._ratio:
            self._ratio.apply(reading)
        meters = self.plausible.meters
        checked = self._checked or self._alone and self.decoder.layers.cipher.proven
        if not self.plausible.check(reading, reading.raw(METER_ID), self._up, checked):
            self.counters.implausible += 1
            return
        another = meters != self.plausible.meters
        if another or self._anew:
            self._anew = False
            live.forget()
        if another and reading.unscaled and not scales.meter and scales.forget():
            return  # another meter without a number: its numbers are not to be read as the former's were
        if reading.unscaled:
            scales.published()
        self._going = True
        layers = self.decoder.layers
        if layers.encrypted:
            live.title = layers.ciphered.title
        live.take(reading, self._now, since(self._now, live.received) if live.seq else 0)
        self._bus.publish("meter", live)
