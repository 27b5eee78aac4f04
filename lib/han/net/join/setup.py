"""Setup mode: the reader's own access point, on which every name leads to its page. Imported when needed."""
from binascii import hexlify

from . import dns

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


_OPEN = const(0)
_WPA2 = const(3)
# Bytes of the system's heap that the radio takes for an access point. With less, the driver would stop everything.
_NEEDS = const(20480)
# Channel of the access point, if the configuration names none.
_CHANNEL = const(6)


class Setup:
    """The access point and its name server, which start when it is made.

    key      the password; "" lets everybody in
    channel  0: any
    OSError, RuntimeError or ValueError when there is no access point.
    """

    def __init__(self, board, key, channel):
        #: The network's name (SSID), which people look for.
        self.name = "HAN-Reader-" + hexlify(board.mac).decode().upper()[8:]
        self._ap = ap = board.wlan("ap")
        if not ap:
            raise OSError("this board has no radio")
        self._names = None
        system = board.system_heap()
        if system and system[1] < _NEEDS:
            raise OSError("no memory for an access point: %d bytes of the system's heap are free" % system[1])
        ap.active(True)
        try:
            ap.config(ssid=self.name, security=_WPA2 if key else _OPEN, key=key)
            try:
                ap.config(channel=channel or _CHANNEL)
            except (OSError, RuntimeError):
                pass  # there is only one radio, and it is on the station's channel
            #: The reader's address in the access point's network.
            self.address = ap.ifconfig()[0]
            self._names = dns.Service(board.names or (self.address, 53), self.address)
        except (OSError, RuntimeError, ValueError):
            self.close()
            raise

    def full(self):
        """True while a device is connected to the access point."""
        return self._ap.isconnected()

    def turn(self):
        """Answer the name queries that have come."""
        self._names.turn()

    def close(self):
        """Stop the access point and its name server."""
        if self._names:
            self._names.close()
            self._names = None
        try:
            self._ap.active(False)
        except (OSError, RuntimeError):
            pass  # it was not on
