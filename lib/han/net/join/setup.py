"""Setup mode: an access point of the reader's own, on which every name leads to its page. Imported when needed."""
from binascii import hexlify

from . import dns

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


_OPEN = const(0)
_WPA2 = const(3)
# Bytes of the system's heap that the radio takes for one; with less the driver would end everything.
_NEEDS = const(20480)
# Of access points without another's channel to follow.
_CHANNEL = const(6)


class Setup:
    """The access point and its name server, from the moment it is made. OSError, RuntimeError: there is none.

    key: "" lets everybody in, else the password that it asks for; channel 0: any.
    """

    def __init__(self, board, key, channel):
        #: What people look for.
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
                pass  # there is one radio, and it is on the channel of the station
            #: The reader's address there.
            self.address = ap.ifconfig()[0]
            self._names = dns.Service(board.names or (self.address, 53), self.address)
        except (OSError, RuntimeError, ValueError):
            self.close()
            raise

    def full(self):
        """True while somebody is connected to it."""
        return self._ap.isconnected()

    def turn(self):
        """Answer who has asked."""
        self._names.turn()

    def close(self):
        """Take it all down."""
        if self._names:
            self._names.close()
            self._names = None
        try:
            self._ap.active(False)
        except (OSError, RuntimeError):
            pass  # it was not on
