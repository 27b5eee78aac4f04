"""The access point of a simulated radio: network.WLAN(network.WLAN.IF_AP) as in the ESP32 port.

Signatures, errors and oddities are those of MicroPython's ports/esp32: network_wlan.c, network_common.c.
"""

from host_sim.hardware.cable import Interface

_OPEN = 0


class SoftAP(Interface):
    """network.WLAN(network.WLAN.IF_AP). `stations`: MAC addresses of its clients; tests may change the list."""

    def __init__(self, radio, name, address="192.168.4.1"):
        super().__init__()
        self._radio = radio
        self._dhcp = False
        self._address = (address, "255.255.255.0", address, address)
        self._config = {"ssid": name, "key": "", "security": _OPEN, "channel": 1, "hidden": False, "max_clients": 4}
        self.stations = []

    def _settle(self):
        pass

    def _fixed(self):
        pass

    def active(self, *state):
        """Get or set whether the interface is on."""
        if state:
            self._radio["ap"] = bool(state[0])
            if not state[0]:
                self.stations = []
        return self._radio["ap"]

    def isconnected(self):
        """True while it has clients."""
        return bool(self.stations)

    def status(self, *what):
        """None, or with "stations" [(mac,)]."""
        if not what:
            return None
        if what[0] == "rssi":
            raise OSError("STA required")
        if what[0] != "stations":
            raise ValueError("unknown status param")
        if not self._radio["ap"]:
            raise OSError("Wifi Invalid Mode")
        return [(mac,) for mac in self.stations]

    def config(self, *names, **values):
        """Get one parameter by its name, or set parameters by keywords; OSError if it is off or a value is bad."""
        same = {"essid": "ssid", "authmode": "security", "password": "key"}
        if names and values:
            raise TypeError("either pos or kw args are allowed")
        if not values:
            if len(names) != 1:
                raise TypeError("can query only one param")
            name = same.get(names[0], names[0])
            if name not in self._config or name == "key":
                raise ValueError("unknown config param")
            return self._config[name]
        changed = dict(self._config)
        for name, value in values.items():
            name = same.get(name, name)
            if name == "reconnects":
                raise OSError("STA required")
            if name not in changed:
                raise ValueError("unknown config param")
            changed[name] = value
        if not self._radio["ap"]:
            raise OSError("Wifi Invalid Mode")
        if changed["security"] and not 8 <= len(changed["key"]) <= 63:
            raise OSError("Wifi Invalid Password")
        if not 1 <= len(changed["ssid"]) <= 32:
            raise OSError("Wifi SSID Invalid")
        self._config = changed
        return None

    def connect(self, *arguments, bssid=None):
        raise OSError("Wifi Invalid Mode")

    disconnect = scan = connect
