"""The meter's task: UART -> framer -> decoder -> bus. It never waits for the network or for flash."""
try:
    from asyncio import sleep_ms
except ImportError:
    import asyncio

    async def sleep_ms(ms):
        await asyncio.sleep(ms / 1000)

from ..wire import counters, framer as wire
from .line.capture import Capture
from .decoder import WITHOUT_READINGS, Decoder
from .live import Live
from .sense.plausible import Plausible
from .reading import LISTED, METER_ID, UNSCALED
from .line.search import Search

#: Pause between two looks at the UART, ms. Its receive buffer of 8 kB holds 700 ms at 115200 baud.
_POLL_MS = 5
#: Silence after which a telegram that has begun is over, ms.
_GAP_MS = 1000
#: Silence after which a burst of other bytes is over, ms.
BURST_MS = 150
_CHUNK = 256
_END = 0x21  # '!' at the end of a P1 telegram


class Counters(counters.Counters):
    """Counts what happened at each stage since the start. Numbers only grow."""

    encrypted = 0
    decrypt_failures = 0
    replayed = 0  # ciphered telegrams whose frame counter was not higher than the one before
    decoded = 0
    rejected = 0
    implausible = 0  # readings
    line_changes = 0  # changes of the UART's settings


class Link:
    """Reads the meter, and publishes `live` on the bus's topic 'meter' after each reading.

    uart     has configure(baud, bits, parity, stop, inverted), and readinto(buf) -> number of bytes, 0 for none
    option   0: find the line's settings; n > 0: use told.selectable()[n - 1]
    cipher   decrypts telegrams, see Decoder; None without a key
    """

    reason = None  # why the meter is not read, in words; None where it is read

    def __init__(self, uart, bus, board, option=0, cipher=None):
        self.counters = Counters()
        self.live = Live()
        self.plausible = Plausible()
        #: From the settings: multipliers of energy, current and voltage in thousandths (0: none); transformer ratio.
        self.factors = 0, 0, 0, 1
        self._ratio = None  # a Ratio that multiplies by them, None where there is nothing to do
        self._going = False  # counters may have been published
        self._restated = False  # counters go on with another multiplier, so the next ones are as another meter's
        self._anew = False  # the next reading counts as another meter's
        self.capture = Capture()
        self.uart = uart
        self._bus = bus
        self.board = board
        self.decoder = Decoder(self._reading, cipher)
        self._framer = wire.Framer(self._telegram, self.counters)
        self.conventions = self._framer.conventions
        self._explained = 0  # the last conventions.heard
        self.search = Search(option)
        self._chunk = bytearray(_CHUNK)
        self._now = board.ticks_ms()
        self._up = 0  # uptime, ms; the board's tick wraps
        self._up_tick = self._now
        self.last_byte = self._now
        self._last_telegram = self._now
        self.heard = False  # True when any byte has come
        self._since = self._now  # when the silence, or the trial of a setting, began
        self._silent = False  # the end of a burst has been handled
        self._signs = 0  # telegrams with errors at the last pause
        self._checked = self._alone = False  # the present telegram had a checksum; it is a ciphered APDU without frame

    def use(self, option, cipher, maker):
        """Go on with another option and cipher.

        maker: what lists are assumed to open with, as of profiles.opening(); None: each list tells its manufacturer
        """
        self.decoder.layers.cipher = cipher
        self.decoder.assume(maker)
        if option == 0:
            self.search.free()
        elif not self.search.fixed or self.search.index != option - 1:
            self.search = Search(option)
            self.start()

    def multiply(self, energy, current, voltage, transformer):
        """Set the multipliers for the next telegrams: three in thousandths (0: none), and the transformer's ratio.

        The ratio multiplies all numbers except voltages. True where the counters change with it, so that they must
        begin anew, as another meter's.
        """
        self._ratio = None
        self.live.ratio = transformer
        if energy or current or voltage or transformer != 1:
            from .sense.ratio import Ratio  # most owners set none of these

            self._ratio = Ratio(energy, current, voltage, transformer)
        before, _, _, through = self.factors
        self.factors = energy, current, voltage, transformer
        decoder = self.decoder
        decoder.fixed = voltage > 0, current > 0
        scales = decoder.scales
        found = scales.growth.thousandths() if scales else 1000
        if self._going and (through != transformer or (before or found) != (energy or found)):
            decoder.before = (None, None), decoder.before[1]
            if scales:
                scales.growth.forget()
            self._restated = True
        return self._restated

    def expect(self, counters, meter, kept):
        """Go on from what was published before the start.

        counters   the four totals (Wh, varh) as published, None each where not known
        meter      CRC-32 of the number of their meter, 0: not known
        kept       the last result of Scales.keep()
        """
        self._going = True
        self.plausible.expect(counters, meter)
        ratio = self.factors[3]
        self.decoder.before = [number and number // ratio for number in counters[:2]], meter
        if kept:
            self.decoder.with_scales(kept)

    # Lives as long as the application. Its supervisor restarts it if it ever raises.
    async def run(self):
        """Read and decode; never returns."""
        self.start()
        while True:
            await sleep_ms(0 if self.step() else _POLL_MS)

    def start(self):
        """Set the UART up. After this, step() may be called."""
        self._now = self._last_telegram = self.board.ticks_ms()
        self._configure()

    def pulse(self):
        """A value that changes as long as the task runs, for the supervisor."""
        return self._now

    def seven(self):
        """True where the last P1 telegram came from a 7E1 line."""
        return self._framer.seven()

    def step(self):
        """Take the bytes that have come, without waiting. True where there may be more of them already."""
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
                # With wrong settings no checksum would be right, by any convention.
                self._explained = self.conventions.heard
                self._line_is_right()
            if self.search.received >= Search.many_bytes:
                self._pause()
        elif not self._silent and since(now, self._since) > (_GAP_MS if self._framer.waits() else BURST_MS):
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
        if signs != self._signs:
            self._fault()
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

    def _fault(self):
        try:
            self.capture.keep()
        except MemoryError:
            pass

    def _line_is_right(self):
        self.search.telegram()
        self._last_telegram = self._now

    def _telegram(self, kind, buf, start, end):
        self._line_is_right()
        decoder = self.decoder
        # P1 may end without a checksum. A ciphered APDU without a frame has at most its tag.
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
        if decoder.reason and decoder.reason not in WITHOUT_READINGS:
            self._fault()

    def _reading(self, reading):
        reading.checked = self._checked
        if reading.empty():
            if reading.more & LISTED:
                self.live.take_more(reading)  # a list of sub-meters alone
            return
        since = self.board.ticks_diff
        self._up += since(self._now, self._up_tick)
        self._up_tick = self._now
        live = self.live
        scales = self.decoder.scales
        if reading.said[UNSCALED] and not self.factors[0] and scales.count(reading, self._up):
            self._restated = True
        if self._restated:
            self._restated = False
            self.plausible.change()
            self._anew = True
        if self._ratio:
            self._ratio.apply(reading)
        meters = self.plausible.meters
        checked = self._checked or self._alone and self.decoder.layers.cipher.proven
        if not self.plausible.check(reading, reading.raw(METER_ID), self._up, checked):
            self.counters.implausible += 1
            self._fault()
            return
        another = meters != self.plausible.meters
        if another or self._anew:
            self._anew = False
            live.forget()
        if another and reading.said[UNSCALED] and not scales.meter and scales.forget():
            return  # this meter has no number: its values may have another scale than the former meter's
        if reading.said[UNSCALED]:
            scales.published()
        self._going = True
        layers = self.decoder.layers
        if layers.encrypted:
            live.title = layers.ciphered.title  # type: ignore[attr-defined]  # None before the first ciphered APDU
        live.take(reading, self._now, since(self._now, live.received) if live.seq else 0)
        self.capture.well()
        self._bus.publish("meter", live)
        if live.extra and live.extra.news:
            news, live.extra.news = live.extra.news, []
            self._bus.publish("meter_events", news)
