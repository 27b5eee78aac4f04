"""A board, a clock, zones and look-alike services for price tests."""

import asyncio
import os

from han.core.bus import Bus
from han.core.clock import EPOCH
from han.price.book import Book
from han.price.spot import Spot
from han.store.config import Config
from host_sim.services.prices import market, sites
from host_sim.house.localtime import days_from_civil, is_summer
from tests.store.nor import Flash


class Zone:
    """Day bounds where clocks follow the European Union's rule."""

    def __init__(self, hours):
        self._offset = hours * 3600

    def _ahead(self, utc):
        return self._offset + (3600 if is_summer(utc + EPOCH) else 0)

    def day_start(self, utc):
        days = (utc + self._ahead(utc)) // 86400
        return self._midnight(days)

    def next_day(self, utc):
        return self._midnight((utc + self._ahead(utc)) // 86400 + 1)

    def _midnight(self, days):
        wall = days * 86400 - self._offset
        return wall - (3600 if is_summer(wall - 3600 + EPOCH) else 0)


BERLIN = Zone(1)


def at(year, month, day, hour=0, minute=0):
    """Seconds since 2020 of the exchange's local time (not in the hours of a clock change)."""
    midnight = BERLIN.day_start(days_from_civil(year, month, day) * 86400 - EPOCH + 43200)
    return midnight + hour * 3600 + minute * 60


class Clock:
    def __init__(self, utc, zone=2):
        self.now = utc
        self.zone = Zone(zone)
        self.up = 0

    def utc(self):
        return self.now

    def uptime_ms(self):
        return self.up

    def advance(self, seconds):
        self.now += seconds
        self.up += seconds * 1000


class Board:
    roots = None

    def __init__(self, sites):
        self.sites = sites

    def random(self, n):
        return b"\0" * n


class House:
    """`async with House(utc) as house:`: a reader's price book and task, and the look-alikes of the services."""

    def __init__(self, utc, area="FI", currency="EUR", flash=None, zone=2):
        self.flash = flash or Flash(2)
        self.clock = Clock(utc, zone)
        self.config = Config(Flash(2).region())
        self.config.load()
        self.config.values["s"] = True
        self.config.values["pa"] = area
        self.config.values["pc"] = currency
        self.bus = Bus()
        self.book = Book(self.flash.region(), self.config)
        self.told = None
        self.memory = True  # whether there is enough
        self.urgent = []  # how it was asked for
        self.sites = sites.Sites(clock=lambda: self.clock.now + EPOCH)

    def report(self, status, health, error):
        self.told = (status, health, error)

    def plenty(self, urgent):
        self.urgent.append(urgent)
        return self.memory

    async def __aenter__(self):
        # MicroPython cannot tell which port it got for 0.
        for attempt in range(50):
            self.sites.port = 20000 + (int.from_bytes(os.urandom(2), "big") + attempt * 997) % 12000
            try:
                await self.sites.open()
                break
            except OSError:
                pass
        self.board = Board(self.sites.table)
        self.spot = Spot(self.board, self.clock, BERLIN, self.bus, self.book, self.report, self.plenty)
        return self

    async def __aexit__(self, *exception):
        await self.sites.close()

    async def turn(self, seconds=61):
        """Let time pass, and run the task once."""
        self.clock.advance(seconds)
        await asyncio.wait_for(self.spot.turn(), 20)

    def right(self, start, end, factor=1000, exact=True):
        """Assert that each quarter-hour of a time costs what the exchange says."""
        area = self.config.values["pa"]
        for utc in range(start, end, 900):
            expected = market.price(area, utc + EPOCH) * factor
            got = self.book.price(utc)
            assert got is not None, utc
            assert got == expected or (not exact and abs(got - expected) <= 600), (utc, got, expected)
