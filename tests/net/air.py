"""A reader's network in an imaginary neighbourhood, with a clock that tests move."""

import io
import os
import socket

from han.core.bus import Bus
from han.core.clock import Clock
from han.core.log import Log
from han.net.links import Links
from han.store import flash
from han.store.config import Config
from host_sim.hardware.cable import Lan
from host_sim.hardware.flash import Partition
from host_sim.radio import Radio
from host_sim.radio.air import AccessPoint
from host_sim.hardware.powercut import Power
from tests.support import free_port

HOME = ("192.168.7.20", "255.255.255.0", "192.168.7.1", None)


class Board:
    """The part of a board that the network needs."""

    mac = b"\x02\x00\x5e\x10\xab\xcd"
    hostname = "han-reader-abcd"
    time_servers = ()
    names = mdns = None

    def __init__(self, cable=True, memory=None):
        self.now = 1000
        self.flash = memory or io.BytesIO(b"\xff" * 65536)
        self.cable = Lan(self.ticks_ms) if cable is not None else None
        if self.cable:
            self.cable.cable = cable
        self.radio = Radio(self.ticks_ms, "127.0.0.1", self.cable, lambda ms: None)
        self.names = "127.0.0.1", free_port(socket.SOCK_DGRAM)
        self.pressed = False
        self.lights = []
        self.called = None
        self.resets = []

    def ticks_ms(self):
        return self.now

    def ticks_diff(self, a, b):
        return a - b

    def utc_ms(self):
        return None

    def random(self, n):
        return os.urandom(n)

    def partition(self, name):
        if name != "state":
            raise OSError(19, "no partition " + name)
        return Partition(self.flash, 65536, name, Power())

    def wlan(self, kind):
        return getattr(self.radio, kind)

    def lan(self):
        return self.cable

    def set_hostname(self, name):
        self.called = name

    def system_heap(self):
        return self.system

    #: (size, free, least, largest) of the system's heap, as of a chip.
    system = None

    def button(self):
        return self.pressed

    def led(self, on):
        self.lights.append(on)

    def reset(self, reason):
        self.resets.append(reason)

    def feed(self):
        pass


class World:
    """A reader with access point Home in reach; cable: plugged in or not, None: no socket for one."""

    def __init__(self, cable=None, memory=None, **values):
        self.board = Board(cable, memory)
        self.home = AccessPoint("Home", "correct horse", 6, -50, HOME)
        self.air = self.board.radio.air
        self.air.points = [self.home]
        self.sta, self.ap = self.board.radio.sta, self.board.radio.ap
        self.clock = Clock(self.board)
        self.config = Config(flash.Region(self.board.partition("state"), *flash.CONFIGURATION))
        self.config.load()
        self.bus = Bus()
        self.log = Log(self.clock)
        self.told = None
        self.internet = None
        self.restarts = []
        self.links = Links(self.board, self.clock, self.config, self.bus, self.log, self._tell, self._restart)
        if values:
            self.write(**values)
        self.links.policy().begin()

    def _tell(self, name, status, health, error=None):
        if name == "network":
            self.told = health, error
        else:
            self.internet = status, health, error

    def _restart(self, reason, text):
        self.restarts.append(reason)

    def write(self, **values):
        """Write these values to the configuration; those of `w` and `e` are merged."""
        new = dict(self.config.values)
        for key, value in values.items():
            new[key] = dict(new[key], **value) if isinstance(value, dict) else value
        self.config.change(new)

    def change(self, **values):
        """The same through the API's way of changing settings."""
        new = dict(self.config.values)
        for key, value in values.items():
            new[key] = dict(new[key], **value) if isinstance(value, dict) else value
        self.links.policy().plan(new)
        self.config.change(new)
        self.links.policy().apply()

    def run(self, seconds, step=1):
        """Let so many seconds pass."""
        end = self.board.now + 1000 * seconds
        while self.board.now < end:
            self.board.now += 1000 * step
            self.links.turn()

    def until(self, wanted, seconds, step=1):
        """Let time pass until wanted() is true; returns the seconds. AssertionError if it takes longer."""
        start = self.board.now
        while not wanted():
            assert self.board.now - start < 1000 * seconds, (self.told, self.log.entries())
            self.run(step, step)
        return (self.board.now - start) // 1000

    def addresses(self):
        """(WiFi, Ethernet) addresses of links that are up, None for one that is not."""
        wifi, eth, _ = self.links.network()
        return tuple([None if address == "0.0.0.0" else address for address in (wifi, eth)])

    def idle(self):
        """True if there is nothing to do, and the modules for it are not loaded."""
        return self.links._policy is None

    def close(self):
        """End it."""
        if self.links.setup:
            self.links.setup.close()


WIFI = {"s": "Home", "p": "correct horse"}
