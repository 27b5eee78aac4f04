"""Joins the reader to a WiFi over its console, for the browser that has flashed it. It obeys Improv's commands.

This works beside the access point of setup mode. A byte of a packet can be Ctrl-C to MicroPython's console. So Ctrl-C
is switched off in setup mode, while a packet is coming in, and for a while after a packet has ended the run before
(see main.py). While it is switched off, this module raises KeyboardInterrupt for a Ctrl-C that is in no packet.
"""
import asyncio
import json

from . import improv

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


_CTRL_C = const(3)
# Pause between two looks at the console, s: while somebody may be there, and otherwise.
_SOON = 0.02
_SELDOM = 0.25
# A packet whose rest does not come in this time is dropped, ms.
_PATIENCE = const(1000)
# Ctrl-C is switched off for so long after the start, if a packet has ended the run before, s.
_EXPECTED = const(60)
# Time to get into a network; time to look for networks; both s.
_JOIN = const(45)
_SCAN = const(20)
# Values of status(), see reason.py, after which trying again does not help: of a wrong password, for one.
_REFUSED = (2, 15, 202, 204, 205, 210, 211)


class Console:
    """The task `console`.

    door                  the board's console, with read(), write(data) and interrupts(on)
    join(name, password)  stores and applies a network; ValueError: it cannot be one, OSError: the flash is full
    about                 (firmware, version, chip, name of the reader)
    """

    def __init__(self, door, links, join, about):
        self._door = door
        self._links = links
        self._join = join
        self._about = about
        self._packets = improv.Packets()
        self._begun = None  # when the packet that is coming in began, ms
        self._error = improv.NONE
        self._interrupts = True
        self._expected = _EXPECTED if door.addressed else 0

    #: Waits, seconds.
    pause = staticmethod(asyncio.sleep)

    # Lives as long as the application.
    async def run(self, heard):
        """Read the console and obey the commands that come. heard: bytes that have been read already."""
        try:
            await self.turn(heard)
            while True:
                await self.pause(_SELDOM if self._interrupts else _SOON)
                await self.turn(self._door.read())
        finally:
            self._allow(True)

    async def turn(self, heard):
        """Take the bytes that have come. KeyboardInterrupt for a Ctrl-C that is in no packet."""
        packets = self._packets
        now = self._links.clock.uptime_ms()
        self._watch(now)
        for byte in heard:
            inside = packets.begun
            found = packets.feed(byte)
            if byte == _CTRL_C and not inside and not self._interrupts:
                raise KeyboardInterrupt
            if found is None:
                continue
            if found is False:
                self._tell_error(improv.MALFORMED)
            elif found[0] == improv.COMMAND:
                await self._obey(improv.command(found[1]))
        if not packets.begun:
            self._begun = None
        elif self._begun is None:
            self._begun = now
        elif now - self._begun > _PATIENCE:
            packets.clear()
        self._watch(now)

    def _watch(self, now):
        wanted = self._links.setup or self._packets.begun or now < 1000 * self._expected
        self._allow(not wanted)

    def _allow(self, interrupts):
        if interrupts != self._interrupts:
            self._interrupts = interrupts
            self._door.interrupts(interrupts)

    # Commands

    async def _obey(self, wanted):
        if wanted is None:
            return self._tell_error(improv.MALFORMED)
        number, texts = wanted
        if number == improv.CURRENT:
            self._tell_state()
            if self._address():
                self._door.write(improv.result(number, [self._address()]))
        elif number == improv.ABOUT:
            self._tell_error(improv.NONE)
            self._door.write(improv.result(number, self._about))
        elif number == improv.NETWORKS:
            await self._scan()
        elif number == improv.SETTINGS:
            await self._connect(texts)
        else:
            self._tell_error(improv.UNKNOWN)

    async def _connect(self, texts):
        try:
            name, password = [text.decode() for text in texts]
            self._join(name, password)
        except (ValueError, OSError):  # not UTF-8, not two texts, no name or password of a network; the flash is full
            return self._tell_error(improv.MALFORMED)
        self._tell_error(improv.NONE)
        self._door.write(improv.packet(improv.STATE, bytes((improv.PROVISIONING,))))
        if await self._connected((name, password) if password else (name,)):
            self._tell_state()
            self._door.write(improv.result(improv.SETTINGS, [self._address(True)]))
        else:
            self._tell_error(improv.NOT_CONNECTED)
            self._tell_state()

    async def _connected(self, wanted):
        """True when WiFi gets into the network. wanted: (name, password), or (name,) for an open network."""
        links = self._links
        until = links.uptime_s() + _JOIN
        while links.uptime_s() < until:
            wlan = links.wlan
            # New settings are applied some seconds after they are stored.
            if wlan and wlan.settings and wlan.settings[1:] == wanted:
                if wlan.up:
                    return True
                if not wlan.trying and wlan.code in _REFUSED:
                    return False
            await self.pause(0.2)
        return False

    async def _scan(self):
        from .scan import Scan

        links = self._links
        if not links.scanning():
            links.scan = Scan(links, links.clock)
        until = links.uptime_s() + _SCAN
        scan = links.scan
        while scan.status == "SCAN_RUNNING" and links.uptime_s() < until:
            await self.pause(0.1)
        told = set()
        if scan.status == "SCAN_SUCCESS":
            for row in json.loads(scan.body)["networks"]:  # the strongest first
                name = row["ssid"]
                if name and name not in told:
                    told.add(name)
                    secret = "NO" if row["auth"] == "OPEN" else "YES"
                    self._door.write(improv.result(improv.NETWORKS, [name, str(row["rssi"]), secret]))
        self._door.write(improv.result(improv.NETWORKS, []))

    # Answers

    def _address(self, wifi=False):
        """The URL of the reader's page; None while there is no network. wifi: over WiFi only."""
        own, cable, _ = self._links.network()
        for address in (own, own if wifi else cable):
            if address != "0.0.0.0":
                return "http://%s/" % address
        return None

    def _tell_state(self):
        state = improv.PROVISIONED if self._address() else improv.READY
        self._door.write(improv.packet(improv.STATE, bytes((state,))))

    def _tell_error(self, error):
        if error or self._error:
            self._door.write(improv.packet(improv.ERROR, bytes((error,))))
        self._error = error
