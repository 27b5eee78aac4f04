"""The cable of a simulated board: network.LAN as in the ESP32 port (network_lan.c, network_common.c).

Events take their time on the clock that the caller passes in. They are worked out when a method is called.
"""

NOWHERE = "0.0.0.0"
DHCP_MS = 700
#: Address, mask, gateway and DNS (None: the gateway) that DHCP gives.
ADDRESSES = "192.168.1.50", "255.255.255.0", "192.168.1.1", None
#: The port's timer takes an address away after this time if it is not renewed.
LEASE_MS = 120000
#: network.LAN.status()
INITIALIZED, STARTED, STOPPED, CONNECTED, DISCONNECTED, GOT_IP = range(6)


class Interface:
    """The addresses, which all interfaces of the port handle alike."""

    def __init__(self):
        self._dhcp = True
        self._address = (NOWHERE,) * 4

    def ifconfig(self, *arguments):
        """Get or set (address, mask, gateway, DNS); "dhcp" starts the DHCP client, RuntimeError if it runs already."""
        self._settle()
        if not arguments:
            return self._address
        if len(arguments) != 1:
            raise TypeError("function takes from 1 to 2 positional arguments but %d were given" % (len(arguments) + 1))
        if arguments[0] == "dhcp":
            if self._dhcp:
                raise RuntimeError("Wifi Unknown Error 0x5004")  # already started
            self._start_dhcp()
        elif isinstance(arguments[0], (tuple, list)):
            if len(arguments[0]) != 4:
                raise ValueError("requested length 4 but object has length %d" % len(arguments[0]))
            self._dhcp = False
            self._address = tuple(arguments[0])
            self._fixed()
        else:
            raise ValueError("invalid arguments")
        return None

    def ipconfig(self, *names, **values):
        """Get one value by its name, or set values by keywords."""
        self._settle()
        if names and values:
            raise TypeError("can't specify pos and kw args")
        if not values:
            if len(names) != 1:
                raise TypeError("must query one param")
            known = {"dhcp4": self._dhcp, "addr4": self._address[:2], "gw4": self._address[2]}
            if names[0] not in known:
                raise ValueError("unexpected key")
            return known[names[0]]
        for name, value in values.items():
            if name == "dhcp4":
                if value and not self._dhcp:
                    self._start_dhcp()
                elif not value:
                    self._dhcp = False
            elif name == "addr4":
                self.ifconfig(tuple(value) + self._address[2:])
            elif name == "gw4":
                self.ifconfig(self._address[:2] + (value, self._address[3]))
            else:
                raise ValueError("unexpected key")
        return None

    def _start_dhcp(self):
        self._dhcp = True
        self._address = (NOWHERE,) * 4
        self._ask()


class Lan(Interface):
    """network.LAN. Tests may change `cable` (True: plugged in) and `dhcp` (as that of an AccessPoint) at any time."""

    def __init__(self, ticks_ms, dhcp=ADDRESSES, cable=True, delay_ms=DHCP_MS):
        super().__init__()
        self._ticks = ticks_ms
        self._delay = delay_ms
        self.dhcp = dhcp
        self.cable = cable
        self.mute = False
        self._on = False
        self._linked = False
        self._due = None  # when the address comes
        self._leased = None
        self._status = INITIALIZED

    def active(self, *state):
        """Get or set whether the interface is on."""
        self._settle()
        if state and bool(state[0]) != self._on:
            self._on = bool(state[0])
            self._status = STARTED if self._on else STOPPED
            self._down()
            self._settle()
        return self._on

    def isconnected(self):
        """True while the last event that the port's handler saw was "got ip"."""
        self._settle()
        return self._on and self._status == GOT_IP

    def status(self):
        """The number of the last event that the port's handler saw."""
        self._settle()
        return self._status

    def config(self, *names, **values):
        """Only "mac" and "ifname" can be asked for."""
        if names and values:
            raise TypeError("either pos or kw args are allowed")
        if values:
            return None
        if len(names) != 1:
            raise TypeError("can query only one param")
        if names[0] == "mac":
            return b"\x02ETH\0\1"
        raise ValueError("unknown config param")

    def wifi_event(self, event):
        """The WiFi station has got an address. The port's handler takes that for its own "started": both are 0."""
        self._settle()
        self._status = STARTED

    def _down(self):
        self._linked = False
        self._due = None
        if self._dhcp:
            self._address = (NOWHERE,) * 4

    def _ask(self):
        if self._linked and self.dhcp:
            self._due = self._ticks() + self._delay

    def _fixed(self):
        if self._linked:
            self._status = GOT_IP

    def _given(self):
        return tuple(self.dhcp[:3]) + (self.dhcp[3] or self.dhcp[2],)

    def _settle(self):
        now = self._ticks()
        if not self._on:
            return
        if self.cable != self._linked:
            self._down()
            self._linked = self.cable
            self._status = CONNECTED if self.cable else DISCONNECTED
            if self.cable and self._dhcp:
                self._ask()
            elif self.cable and self._address[0] != NOWHERE:
                self._fixed()
        if not self._linked or not self._dhcp:
            return
        if self._due is not None:
            if now >= self._due:
                self._due = None
                if self.dhcp:
                    self._address = self._given()
                    self._leased = None
                    self._fixed()
        elif self.dhcp is None:
            if self._address[0] != NOWHERE:
                if self._leased is None:
                    self._leased = now + LEASE_MS
                elif now >= self._leased:
                    self._address = (NOWHERE,) * 4
        elif self._address != self._given():
            self._ask()
