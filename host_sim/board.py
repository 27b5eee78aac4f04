"""The board of a desktop: the same door to hardware that the chip's board is, with nothing behind it but files."""

import gc
import json
import os
import sys
import time

from host_sim import flash

try:
    from time import ticks_us as _monotonic_us
except ImportError:  # CPython

    def _monotonic_us():
        return time.monotonic_ns() // 1000


#: Exit status of the process that asks to be started again, as a board does by itself.
RESTART = 75

_PARTITIONS = (("state", 0x10000), ("history", 0x40000))
_MANY_STREAMS = (3, 5, 8)  # WebSockets, event streams, both; the chip has fewer sockets


class Reset(SystemExit):
    """The board restarts: raised where the chip would not return from machine.reset()."""


class Board:
    """One simulated reader; its flash, its MAC and its meter's counters live in the folder `state`.

    listen  (host, port) of the API
    speed   how much faster than the host's its clock runs, and with it the line
    """

    name = "sim"
    model = "HAN"
    stream_limits = _MANY_STREAMS

    def __init__(self, state, listen=("127.0.0.1", 8080), speed=1, seed=1):
        self.chip = "micropython" if sys.implementation.name == "micropython" else "cpython"
        self.listen = listen
        self.seed = seed
        self.uart = None  # whoever makes the board plugs the line in
        self.on_save = None  # () -> what the meter wants kept, a dict
        self._folder = state
        self._speed = int(speed * 1000)  # thousandths, so that time stays an integer
        self._zero = _monotonic_us()
        # CPython and MicroPython's unix port both count from 1970.
        self._utc_us = time.time_ns() // 1000
        self._min_free = None
        self.power = flash.Power(seed)
        self._files = {}
        self._partitions = {}
        self._saved = self._load()
        self.reset_reason = self._saved.pop("reset", "POWER_ON")
        self.mac = bytes.fromhex(self._saved["mac"])
        self.hostname = "han-reader-%02x%02x" % (self.mac[4], self.mac[5])
        self.save()

    # Time

    def ticks_us(self):
        """Microseconds since the board started, in its own time."""
        return (_monotonic_us() - self._zero) * self._speed // 1000

    def ticks_ms(self):
        """Milliseconds since the board started, in its own time."""
        return self.ticks_us() // 1000

    def ticks_diff(self, later, earlier):
        """Milliseconds from one ticks_ms() to another."""
        return later - earlier

    def utc_ms(self):
        """Unix milliseconds; the host's at the start, running at the board's speed from there."""
        return (self._utc_us + self.ticks_us()) // 1000

    def epoch_us(self):
        """Unix microseconds when ticks_us() was 0."""
        return self._utc_us

    # Memory

    def partition(self, label):
        """The flash partition 'state' or 'history', as esp32.Partition; OSError for another."""
        if label not in self._partitions:
            address = 0x370000
            for name, size in _PARTITIONS:
                if name == label:
                    file = flash.open_image(self._folder + "/" + name + ".bin", size)
                    self._files[label] = file
                    self._partitions[label] = flash.Partition(file, size, label, self.power, address)
                    break
                address += size
            else:
                raise OSError(19, "no partition " + label)
        return self._partitions[label]

    def heap(self):
        """(total, free, least free so far, largest free block) bytes.

        The largest block is None where the interpreter does not tell; under CPython it is the host's memory.
        """
        if hasattr(gc, "mem_free"):
            free = gc.mem_free()
            total = free + gc.mem_alloc()
        else:
            page = os.sysconf("SC_PAGE_SIZE")
            total = os.sysconf("SC_PHYS_PAGES") * page
            try:
                free = os.sysconf("SC_AVPHYS_PAGES") * page
            except ValueError:  # macOS
                free = total
        if self._min_free is None or free < self._min_free:
            self._min_free = free
        return total, free, self._min_free, None

    def random(self, n):
        """n random bytes from the host."""
        return os.urandom(n)

    # The rest of the chip

    def network(self):
        """(hostname, WiFi address, Ethernet address, rssi): the host's network stands for a cable."""
        return self.hostname, "0.0.0.0", self.listen[0], None

    def feed(self):
        """The watchdog of a desktop is its user."""

    def reset(self, reason="USER"):
        """Start again, with `reason` (a rebootReason of the API) as the next start's reset_reason."""
        self._saved["reset"] = reason
        self.save()
        raise Reset(RESTART)

    # What is kept between runs besides the flash

    def saved(self, key):
        """What on_save returned under this key in an earlier run, or None."""
        return self._saved.get(key)

    def save(self):
        """Keep the MAC and what the meter wants kept; a cut leaves the old file or the new."""
        if self.on_save:
            self._saved.update(self.on_save())
        path = self._folder + "/board.json"
        with open(path + ".new", "w") as file:
            json.dump(self._saved, file)
        os.rename(path + ".new", path)

    def close(self):
        """The process ends: save and close the files."""
        self.save()
        for file in self._files.values():
            file.close()

    def _load(self):
        try:
            with open(self._folder + "/board.json") as file:
                saved = json.load(file)
                bytes.fromhex(saved["mac"])
                return saved
        except (OSError, ValueError, KeyError, TypeError):
            # Locally administered, so that it is nobody's.
            return {"mac": "02484e" + "".join(["%02x" % byte for byte in os.urandom(3)])}
