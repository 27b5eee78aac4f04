"""The device that the API tells of, and what it keeps between requests."""
from ...core.encode import text

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# A press of the button counts for so long after a client has asked for a user, and lets it make one for as long, ms.
_WINDOW = const(30000)
_PING = const(15000)
_BLINK_S = const(5)
_NAME, _TYPE = "P1 Meter", "HWE-P1"
#: The version of the second API that is imitated.
VERSION = "2.0.0"


class Device:
    """What outlives a request. look() is to be called each look_s seconds."""

    look_s = 1

    def __init__(self, app, status):
        self._app = app
        self._status = status
        # Uptime when a user was asked for, when the button was pressed for that, and when it last was, ms.
        self._asked = self._pressed = self._last = None
        self._quiet = 0
        self.sockets = []  # WebSockets

    def ask(self):
        """A client asks for a user: True where the button was pressed for that."""
        now = self._app.clock.uptime_ms()
        pressed, self._pressed = self._pressed, None
        if pressed is not None and now - pressed <= _WINDOW:
            self._asked = None
            return True
        self._asked = now
        return False

    def take(self):
        """The button was pressed. True where it was pressed for a client, and not to open setup mode.

        A second press soon after opens it: a client that never stops asking does not keep people from it.
        """
        now = self._app.clock.uptime_ms()
        if self._asked is None or now - self._asked > _WINDOW:
            return False
        if self._last is not None and now - self._last <= _WINDOW:
            return False
        self._pressed = self._last = now
        return True

    def revoked(self, name):
        """A user has gone, or has another token: what was opened with the one before ends, the others are told."""
        for socket in self.sockets:
            socket.revoked(name)

    def look(self):
        """Send the pings that are due."""
        self._quiet += 1000 * self.look_s
        if self._quiet >= _PING:
            self._quiet = 0
            for socket in self.sockets:
                socket.ping()
        self._status.clients = len(self.sockets)

    def close(self):
        """End all WebSockets."""
        for socket in self.sockets:
            socket.connection.end()


def announce(app):
    """Announce the API in .local."""
    serial = app.board.mac.hex()
    name = "p1meter-" + serial[6:].upper()
    about = "serial=" + serial, "product_name=" + _NAME, "product_type=" + _TYPE
    app.names.announce("_hwenergy._tcp", name, app.port, ("api_enabled=1", "path=/api/v1") + about)
    if app.gate.secure:
        about += "api_version=" + VERSION, "id=appliance/p1dongle/" + serial
        app.names.announce("_homewizard._tcp", name, app.gate.secure.port, about)


def device(app, version):
    """The message of /api, bytes."""
    about = _TYPE, _NAME, app.board.mac.hex(), text(app.updates.running), version
    return (
        '{"product_type":"%s","product_name":"%s","serial":"%s","firmware_version":%s,"api_version":"%s"}' % about
    ).encode()


def wifi(app):
    """(name, dBm) of the WiFi; ("", None) on a cable."""
    rssi = app.links.network()[2]
    return ("", None) if rssi is None else (app.config.get("w", "s"), rssi)


def blink(app):
    """Let the light blink for a while."""
    app.links.blink(_BLINK_S)


def plain(data, status):
    """A Response with text, bytes; b"" for none."""
    from microdot import Response

    return Response(data, status, {"Content-Type": "text/plain"} if data else None)


def refusal(status, error, number=None):
    """The Response of a refusal. number: that of an error of version 1, else `error` is one of version 2."""
    # microdot is forgotten between requests, see core/modules.py. What is imported with a module would be kept.
    from microdot import Response

    if number is None:
        body = '{"error":%s}' % text(error)
    else:
        body = '{"error":{"id":%d,"description":%s}}' % (number, text(error))
    return Response(body, status, {"Content-Type": "application/json"})
