"""Spot: keeps the book of prices filled. It decides which days are needed and when they are fetched."""
import asyncio

#: Tomorrow's prices are published at 12:45 in the exchange's zone, so many s before its midnight.
_PUBLISHED = 40500
#: Without tomorrow's prices at 15:00 something is wrong; s before midnight.
_LATE = 32400


class Spot:
    """The task that fetches prices, following the configuration, the clock and the exchange.

    market  zone of the exchange: day_start(utc), next_day(utc)
    report  function: takes status, health and error for /health
    plenty  function: True where there is memory to fetch; called with True, it frees memory first
    """

    #: Pause between two turns of the task, s.
    tick_s = 1
    #: Time between two looks at the book, ms of uptime.
    check_ms = 60000
    #: Pause before the first retry, ms. Each further one is twice as long, up to `longest_ms`, varied by a quarter.
    first_ms = 120000
    longest_ms = 3600000
    #: Readers ask for tomorrow's prices at different moments within so many s.
    spread_s = 1200
    #: How often it waits for memory, check_ms each time. Then others must free memory, and it tries in any case.
    waits = 30

    def __init__(self, board, clock, market, bus, book, report, plenty):
        self._board = board
        self._clock = clock
        self._market = market
        self._bus = bus
        self._book = book
        self._report = report
        self._plenty = plenty
        self._waited = 0
        self._due = 0  # uptime of the next look, ms
        self._pause = self.first_ms
        self._seen = None  # how often the configuration had been published at the last turn
        self.loaded = False  # the book was loaded from flash
        self._problems = ()  # texts about the last errand
        self._alone = None  # what /health says where only one provider serves the area
        self._delay = self._random() % self.spread_s

    def _random(self):
        return int.from_bytes(self._board.random(2), "big")

    # Lives as long as the application.
    async def run(self):
        """Keep the book filled; never returns."""
        while True:
            await self.turn()
            await asyncio.sleep(self.tick_s)

    async def turn(self):
        """If it is time, fetch the days that are missing, and report the state."""
        seen = self._bus.count.get("configuration", 0)
        up = self._clock.uptime_ms()
        if seen != self._seen:
            self._seen = seen
            self._pause = self.first_ms
            self._alone = self._only() if self._book.spot else None
        elif up < self._due:
            return
        now = self._clock.utc()
        if not self._book.spot:
            self._due = up + self.check_ms
            self._report("stopped", "disabled", None)
        elif now is None:
            self._report("running", "degraded", "the time is not known yet")
        else:
            self._due = up + self.check_ms
            self._load()
            wanted, oldest = self._wanted(now)
            # After others have freed memory, it fetches with what there is.
            if wanted and self._waited <= self.waits and not self._plenty(self._waited == self.waits):
                self._waited += 1
                if self._waited > self.waits:
                    self._due = up + 1000  # soon, before others take the memory again
                self._problems = ("not enough memory to fetch",)
            elif wanted:
                self._waited = 0
                await self._errand(wanted, oldest, now)
                wanted, _ = self._wanted(now)
                if wanted:
                    self._due = up + self._pause * (768 + self._random() % 512) // 1024
                    self._pause = min(2 * self._pause, self.longest_ms)
                else:
                    self._pause = self.first_ms
            self._tell(now, wanted)

    def _load(self):
        """Load the book from flash, once."""
        if not self.loaded:
            self.loaded = True
            try:
                from .keep import load

                load(self._book)
            except OSError as error:
                self._problems = ["flash: %s" % error]

    def _wanted(self, now):
        """(starts of the exchange's days that are missing in the book, start of the oldest day that is of use)."""
        market = self._market
        today = market.day_start(now)
        tomorrow = market.next_day(now)
        # The reader's local day may begin in an earlier day of the exchange.
        oldest = market.day_start(min(now, self._clock.zone.day_start(now)))
        wanted = [today]
        if tomorrow - now <= _PUBLISHED - self._delay:
            wanted.append(tomorrow)
        if oldest != today:
            wanted.append(oldest)
        known = [day[0] for day in self._book.valid()]
        return [start for start in wanted if start not in known], oldest

    def _tell(self, now, missing):
        problems = "; ".join(self._problems) or None
        if self._book.price(now) is None:
            self._report("running", "failed", problems or "no price for now")
        elif self._problems:
            self._report("running", "degraded", problems)
        else:
            tomorrow = self._market.next_day(now)
            late = tomorrow in missing and tomorrow - now < _LATE
            error = "no prices for tomorrow yet" if late else self._alone
            self._report("running", "degraded" if error else "ok", error)

    def _only(self):
        from .areas import providers

        names = providers(self._book.wanted[0])
        return "%s alone serves this area" % names[0] if len(names) == 1 else None

    async def _errand(self, wanted, oldest, now):
        """Fetch the wanted days into the book, and set _problems."""
        market = self._market
        days = [(start, market.next_day(start), start > now) for start in wanted]
        area, currency = self._book.wanted
        try:
            from .fetch import errand

            self._problems = await errand(self._book, self._board, area, currency, days, oldest, now)
        except MemoryError:
            self._problems = ("not enough memory to fetch",)
        finally:
            self._settle()

    def _settle(self):
        """Copy the prices to the lowest free memory: they were made above the objects of the fetch, now garbage."""
        try:
            from .keep import settle

            settle(self._book, self._book.days)
        except MemoryError:
            pass  # they stay where they are
