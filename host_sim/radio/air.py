"""The imaginary neighbourhood of a simulated radio: its access points, and whether data gets through."""

from host_sim.hardware.cable import NOWHERE


class AccessPoint:
    """One access point in the neighbourhood. Tests may change its attributes at any time.

    key      WPA2 password, "" for an open network
    rssi     signal strength, dBm
    dhcp     the address, mask, gateway and DNS (None: the gateway) that it gives; None: DHCP does not answer
    ghost    True: it has forgotten its clients, and they do not notice
    """

    def __init__(self, ssid, key="", channel=6, rssi=-60, dhcp=("192.168.7.20", "255.255.255.0", "192.168.7.1", None)):
        self.ssid = ssid
        self.key = key
        self.channel = channel
        self.rssi = rssi
        self.dhcp = dhcp
        self.ghost = False
        self.bssid = b"\x02AP" + ssid.encode()[:3] + b"\0" * (3 - len(ssid.encode()[:3]))

    def address(self):
        """(address, mask, gateway, DNS) that it gives, None if its DHCP does not answer."""
        return self.dhcp and tuple(self.dhcp[:3]) + (self.dhcp[3] or self.dhcp[2],)


class Air:
    """The neighbourhood. Tests may change it at any time.

    points  the list of access points
    mute    True: no data gets through although the connection looks fine
    """

    def __init__(self, *points):
        self.points = list(points)
        self.mute = False
        self.scans = 0

    def find(self, ssid, bssid=None):
        """The strongest access point of a network; None if there is none."""
        found = None
        for point in self.points:
            if point.ssid == ssid and (bssid is None or point.bssid == bssid):
                if found is None or point.rssi > found.rssi:
                    found = point
        return found


def neighbourhood(address):
    """A list of access points. The password of the one called Home is "correct horse"; its DHCP gives this address."""
    dhcp = (address, "255.255.255.0", NOWHERE, NOWHERE)
    return [
        AccessPoint("Home", "correct horse", 6, -52, dhcp),
        AccessPoint("Neighbour", "not for you", 11, -78),
        AccessPoint("Café", "", 1, -85),
    ]
