"""Writes the history that a reader of this house would have now, for `python -m host_sim --past DAYS`.

The application's own History records it: one reading every quarter of an hour at first, every 5 minutes in the last
month and every 10 s in the last two hours. It runs as a process of its own, because it has the application on its path.
"""

import asyncio
import io
import json
import sys

from han.closing import close_days
from han.core.clock import EPOCH
from han.core.zone import Zone
from han.meter.live import Live
from han.meter.obis import EXPORT_ENERGY, EXPORT_POWER, IMPORT_ENERGY, IMPORT_POWER, L1_CURRENT
from han.meter.reading import Reading
from han.price.book import Book
from han.store import flash
from han.store.config import Config
from han.store.ledger.records import Ledger
from han.store.series.replay import restored
from host_sim.services.prices import market
from host_sim.hardware.flash import Partition
from host_sim.house import House

# (seconds between two readings, seconds before the end at which the stage ends)
_STAGES = (900, 29 * 86400), (300, 7200), (10, 0)
#: The ledger gets its rows each time that so many seconds have passed: quarters of an hour have to reach back so far.
_CLOSING = 20 * 86400
_SIZES = {"state": 0x10000, "history": 0x40000}
#: A household in Helsinki that pays the spot price.
_SETTINGS = {"t": "Europe/Helsinki", "s": True, "pa": "FI", "pc": "EUR"}


class _Clock:
    def __init__(self, zone, start):
        self.zone = Zone(zone)
        self.now = self._start = start

    def utc(self):
        return self.now - EPOCH

    def uptime_ms(self):
        return (self.now - self._start) * 1000


def _put(reading, field, number):
    reading.values[2 * field] = number & 0xFFFFFF
    reading.values[2 * field + 1] = number >> 24
    reading.present[field] = 1


def _fill(reading, state):
    reading.clear()
    imported, exported = state.net()[:2]
    _put(reading, IMPORT_POWER, imported)
    _put(reading, EXPORT_POWER, exported)
    for i in range(3):
        _put(reading, L1_CURRENT + i, state.i[i])
    _put(reading, IMPORT_ENERGY, state.wh[0])
    _put(reading, EXPORT_ENERGY, state.wh[1])


def record(partitions, house, end):
    """Write the settings and the history of a reader that has read `house` until `end` (Unix s).

    partitions  {"state", "history": host_sim.hardware.flash.Partition}
    """
    config = Config(flash.Region(partitions["state"], *flash.CONFIGURATION))
    config.load()
    config.change(dict(config.values, **_SETTINGS))
    clock = _Clock(_SETTINGS["t"], house.time)

    def quote(utc):
        # The price of host_sim.services.prices.market: 10^-2 EUR per MWh is 10^-3 c per kWh.
        return market.price(_SETTINGS["pa"], utc + EPOCH) * 1000, _SETTINGS["pc"]

    history = restored(partitions["history"], flash.Region(partitions["state"], *flash.CLOCK_STEPS), clock, quote)
    ledger = Ledger(history)
    book = Book(flash.Region(partitions["state"], *flash.PRICES), config)
    due = clock.now + _CLOSING
    live, reading = Live(), Reading()
    for period, before in _STAGES:
        while clock.now + period <= end - before:
            clock.now += period
            house.stride(clock.now)
            _fill(reading, house.state(clock.now * 1000))
            live.take(reading, clock.uptime_ms(), period * 1000)
            live.period_ms = period * 1000
            history.take(live)
            history.tidy()
            if clock.now >= due:
                due += _CLOSING
                asyncio.run(close_days(history, history.t, ledger, config, book))
    asyncio.run(close_days(history, history.t, ledger, config, book))
    history.flush()


def main(folder, days, zone_min, seed, end):
    """Write the files of a state folder, with the meter's counters. end: Unix seconds; days: length of the past."""
    files = {name: io.BytesIO(b"\xff" * size) for name, size in _SIZES.items()}
    house = House(end - days * 86400, seed, zone_min)
    record({name: Partition(file, _SIZES[name], name) for name, file in files.items()}, house, end)
    for name, file in files.items():
        with open(folder + "/" + name + ".bin", "wb") as target:
            target.write(file.getvalue())
    with open(folder + "/meter.json", "w") as target:
        json.dump(house.save(), target)


if __name__ == "__main__":
    main(sys.argv[1], *[int(argument) for argument in sys.argv[2:]])
