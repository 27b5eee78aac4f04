"""The station of a simulated radio: network.WLAN(network.WLAN.IF_STA) as in the ESP32 port.

Events take their time on the clock that the caller passes in. They are worked out when a method is called. Signatures,
errors and oddities are those of MicroPython's ports/esp32: network_wlan.c, network_common.c.
"""

import time

from host_sim.hardware.cable import DHCP_MS, LEASE_MS, NOWHERE, Interface

STAT_IDLE = 1000
STAT_CONNECTING = 1001
STAT_GOT_IP = 1010
# ESP-IDF's reasons for a disconnection; status() returns them.
_ASSOC_LEAVE = 8
_HANDSHAKE = 15  # 4-way handshake timed out: the usual reason with a wrong WPA2 key
_BEACON = 200
_NO_AP = 201
_AUTH_FAIL = 202

_OPEN, _WPA2 = 0, 3

_SCAN_MS = 2400  # a scan of all channels; a search for a missing network takes as long
_JOIN_MS = 900
_HANDSHAKE_MS = 3000
_BEACON_MS = 6000


class Station(Interface):
    """network.WLAN(network.WLAN.IF_STA).

    ticks_ms  the clock
    radio     {"sta", "ap": True if on}, which both interfaces share
    sleep_ms  function with which a scan waits
    """

    def __init__(self, air, ticks_ms, radio, sleep_ms=None):
        super().__init__()
        self._air = air
        self._ticks = ticks_ms
        self._radio = radio
        self._sleep = sleep_ms or (lambda ms: time.sleep(ms / 1000))
        self._events = []  # (when, function), in order
        self._now = 0  # time of the event that is being handled, which may lie in the past
        self._requested = False
        self._connected = False
        self._reason = 0
        self._limit = 0  # the port's conf_wifi_sta_reconnects: 0 for ever, else one more than "reconnects"
        self._tries = 0
        self._wanted = ("", "", None)
        self._point = None  # the AccessPoint of the association
        self._joined = None  # key and channel of it at that time
        self._seen = 0  # time of its last beacon
        self._leased = None  # end of the address's lease, None while it is renewed
        self._ghost = False
        self.listening = lambda event: None  # called with "got ip", for the port's mixed-up Ethernet states
        self.attempts = 0

    def active(self, *state):
        """Get or set whether the interface is on."""
        self._settle()
        if state:
            self._radio["sta"] = bool(state[0])
            if not state[0]:
                self._lose(_ASSOC_LEAVE, True)
                self._events = []
        return self._radio["sta"]

    def _require(self):
        if not (self._radio["sta"] or self._radio["ap"]):
            raise OSError("Wifi Not Started")

    def connect(self, ssid=None, key=None, *, bssid=None):
        """Begin to connect; returns at once. OSError while another connection is being made."""
        self._settle()
        self._require()
        if not self._radio["sta"]:
            raise OSError("Wifi Invalid Mode")
        if bssid is not None and len(bssid) != 6:
            raise ValueError
        if self._events:
            raise OSError("Wifi Internal State Error" if self._point is None else "Wifi Internal Error")
        if self._point is not None:
            # Already associated: nothing happens, and there is no error.
            self._requested = True
            return
        if ssid is not None:
            self._wanted = (ssid, key or "", bssid)
        self._tries = 0
        self._requested = True
        self._associate()

    def disconnect(self):
        """End the connection and the port's own retries."""
        self._settle()
        self._requested = False
        self._require()
        busy = self._point is not None or self._events
        self._events = []
        if busy:
            # The event comes a moment later.
            self._connected = False
            self._at(20, lambda: self._lose(_ASSOC_LEAVE, True))

    def status(self, *what):
        """The status number of the station, or with "rssi" its signal strength in dBm."""
        self._settle()
        if what:
            if what[0] == "stations":
                raise OSError("AP required")
            if what[0] != "rssi":
                raise ValueError("unknown status param")
            if self._point is None or self._ghost:
                raise OSError("Wifi Not Connected")
            return self._point.rssi
        if self._connected:
            return STAT_GOT_IP
        if self._reason in (_NO_AP, _AUTH_FAIL):
            return self._reason
        if self._reason == _ASSOC_LEAVE:
            return STAT_IDLE
        if self._requested and (self._limit == 0 or self._tries < self._limit):
            return STAT_CONNECTING
        return self._reason or STAT_IDLE

    def isconnected(self):
        """True from the first address until the association ends, even if the address is lost before."""
        self._settle()
        return self._connected

    def scan(self):
        """[(ssid, bssid, channel, rssi, authmode, hidden)] after some seconds; [] while a connection is being made."""
        self._settle()
        self._require()
        if not self._radio["sta"]:
            raise OSError("STA must be active")
        if self._events and self._point is None:
            return []
        self._air.scans += 1
        self._sleep(_SCAN_MS)
        points = sorted(self._air.points, key=lambda point: -point.rssi)
        return [(p.ssid.encode(), p.bssid, p.channel, p.rssi, _WPA2 if p.key else _OPEN, False) for p in points]

    def config(self, *names, **values):
        """Get one parameter by its name, or set parameters by keywords."""
        if names and values:
            raise TypeError("either pos or kw args are allowed")
        if not values:
            if len(names) != 1:
                raise TypeError("can query only one param")
            if names[0] == "reconnects":
                return self._limit - 1
            if names[0] in ("ssid", "essid"):
                return self._wanted[0]
            if names[0] == "channel":
                return self._point.channel if self._point else 1
            raise ValueError("unknown config param")
        for name, value in values.items():
            if name == "reconnects":
                self._limit = 0 if value == -1 else value + 1
            elif name == "pm":
                self._require()
            elif name in ("ssid", "essid", "hidden", "security", "authmode", "key", "password", "max_clients"):
                raise OSError("AP required")
            else:
                raise ValueError("unknown config param")
        return None

    # Events

    def _at(self, ms, function):
        self._events.append((self._now + ms, function))

    def _settle(self):
        """Handle all events whose time has come."""
        while self._events and self._events[0][0] <= self._ticks():
            self._now, function = self._events.pop(0)
            function()
        self._now = self._ticks()
        self._watch()

    def _associate(self):
        self.attempts += 1
        ssid, key, bssid = self._wanted
        point = self._air.find(ssid, bssid)
        if point is None:
            self._at(_SCAN_MS, lambda: self._lose(_NO_AP))
        elif point.key != key:
            reason = _AUTH_FAIL if self._tries else _HANDSHAKE
            self._at(_JOIN_MS + _HANDSHAKE_MS, lambda: self._lose(reason))
        else:
            self._at(_JOIN_MS, lambda: self._join(point))

    def _join(self, point):
        if point not in self._air.points:
            self._lose(_BEACON)
            return
        self._point = point
        self._joined = (point.key, point.channel)
        self._seen = self._now
        self._ghost = False
        if self._dhcp:
            self._address = (NOWHERE,) * 4
            self._ask()
        else:
            self._fixed()

    def _ask(self):
        if self._point and self._point.dhcp:
            self._at(DHCP_MS, self._got)

    def _got(self):
        if self._point and self._point.dhcp and self._dhcp:
            self._address = self._point.address()
            self._fixed()

    def _fixed(self):
        """The station has an address: the port's IP_EVENT_STA_GOT_IP."""
        if self._point:
            self._connected = True
            self._reason = 0
            self._leased = None
            self.listening("got ip")

    def _watch(self):
        """Find what has happened to the access point. Some changes go unnoticed, as on the chip."""
        point = self._point
        if point is None:
            return
        now = self._now
        if point.ghost:
            self._ghost = True
            return
        if point in self._air.points and self._joined == (point.key, point.channel):
            self._seen = now
        elif now - self._seen >= _BEACON_MS:
            self._lose(_BEACON if point not in self._air.points or point.channel != self._joined[1] else _HANDSHAKE)
            return
        if self._connected and self._dhcp:
            if point.dhcp is None:
                # The lease runs out; the port goes on saying that it is connected.
                if self._leased is None:
                    self._leased = now + LEASE_MS
                elif now >= self._leased:
                    self._address = (NOWHERE,) * 4
            elif self._address != point.address() and not self._events:
                self._at(DHCP_MS, self._got)  # renewed, with the address that DHCP gives now

    def _lose(self, reason, asked=False):
        self._point = None
        self._connected = False
        self._reason = reason
        self._ghost = False
        if self._dhcp:
            self._address = (NOWHERE,) * 4
        if asked or not self._requested or not self._radio["sta"]:
            return
        if self._limit:
            self._tries += 1
            if self._tries >= self._limit:
                return
        self._associate()
