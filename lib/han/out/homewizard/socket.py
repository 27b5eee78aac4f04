"""The WebSocket of version 2. A client sends its token, then subscribes to topics; it counts as one of the streams."""
import asyncio
from json import loads

from ...net import websocket
from .device import VERSION, blink, refusal
from .topics import topic, wrong
from .users import known

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# Time for a client to send its token, and to take a message; then it is ended, ms. Most pings without an answer.
_TOKEN_MS = const(40000)
_STALL_MS = const(30000)
_GOODBYE_MS = const(1000)
_MISSED = const(2)
_TOPICS = "device", "measurement", "system", "user"


def opened(app, status, request):
    """Make a WebSocket of a request; the Response that refuses it where that cannot be."""
    accept = websocket.upgrade(request.headers)
    if accept is None:
        return refusal(400, "request:unknown-type")
    if app.streams.full("guest"):
        return refusal(503, "request:internal-server-error")
    from microdot import Response

    Socket(app, status, request.sock, websocket.SWITCHING % accept)
    return Response.already_handled


class Socket:
    """One client. Everything that is sent to it goes through its mailbox and its one writing task."""

    def __init__(self, app, status, connection, hello):
        self.connection = connection
        self._app = app
        self._status = status
        self._device = status.device
        self._box = box = app.bus.subscribe("meter")
        self._user = None  # its name, once it is authorized
        self._topics = []  # that it has subscribed to
        self._missed = 0
        self._parted = asyncio.Event()
        box.put("hello", hello + _message("authorization_requested", b'{"api_version":"%s"}' % VERSION.encode()))
        self._writer = asyncio.create_task(self._write())
        self._device.sockets.append(self)
        app.streams.guests.append(connection)
        connection.stream = self
        connection.left = _TOKEN_MS

    # Lives as long as the connection, in its task.
    async def run(self):
        """Listen to the client until the connection ends."""
        receiver = websocket.Receiver(self.connection.reader)
        while True:
            opcode, payload = await receiver.receive()
            self._missed = 0
            if opcode in (websocket.CLOSE, websocket.FAILED):
                self._box.put("goodbye", websocket.close(payload))
                await self._parted.wait()
                return
            if opcode == websocket.PING:
                self._box.put("pong", websocket.frame(websocket.PONG, payload))
            elif opcode == websocket.TEXT:
                self._hear(payload)

    def close(self):
        """Stop writing and leave the streams, as the connection ends. run() need not have begun."""
        self._writer.cancel()
        self._box.close()
        self._device.sockets.remove(self)
        self._app.streams.guests.remove(self.connection)

    def revoked(self, name):
        """The token that a user had counts no more."""
        if self._user == name:
            self.connection.end()
        elif "user" in self._topics:
            self._box.put("user", self._told("user"))

    def ping(self):
        """Send a ping, or end a client that has not answered the last ones."""
        if self._missed >= _MISSED:
            self.connection.end()
        else:
            self._missed += 1
            self._box.put("ping", websocket.frame(websocket.PING, b""))

    # Lives as long as the connection, or until the client takes nothing more.
    async def _write(self):
        connection = self.connection
        try:
            while True:
                name, data = await self._box.get()
                if name == "meter":
                    if "measurement" not in self._topics:
                        continue
                    data = self._told("measurement")
                if data is None:
                    continue
                left = None if self._user else connection.left
                await connection.send(data, _GOODBYE_MS if name == "goodbye" else _STALL_MS)
                connection.left = left
                self._status.sent += 1
                if name == "goodbye":
                    self._parted.set()
                    return
        except (OSError, MemoryError):
            pass  # the client is gone, or there is no memory for it now: it may connect again
        except Exception as error:
            self._app.log.crash("homewizard", error)
        connection.end()

    def _hear(self, payload):
        try:
            message = loads(payload.decode())
        except (ValueError, RuntimeError):
            message = None
        if not isinstance(message, dict):
            return self._error("request:invalid-json")
        kind, data = message.get("type"), message.get("data")
        if not isinstance(kind, str):
            return self._error("json:parameter-missing:type")
        if kind == "authorization":
            self._user = known(self._app, data) if isinstance(data, str) else None
            if not self._user:
                return self._error("user:unauthorized")
            self.connection.left = None
            return self._box.put("authorized", _message("authorized"))
        if not self._user:
            return self._error("user:unauthorized")
        if kind in ("subscribe", "unsubscribe"):
            return self._subscribe(kind, data)
        if kind == "identify":
            return blink(self._app)
        if kind not in _TOPICS:
            return self._error("request:unknown-type")
        if kind == "system" and data is not None:
            error = wrong(data) if isinstance(data, dict) else "json:no-parameters-recognized"
            if error:
                return self._error(error)
        self._box.put(kind, self._told(kind))

    def _subscribe(self, kind, data):
        names = _TOPICS if data == "*" else (data,)
        if names[0] not in _TOPICS:
            return self._error("request:unknown-subscription")
        for name in names:
            if name in self._topics:
                self._topics.remove(name)
            if kind == "subscribe":
                self._topics.append(name)
                self._box.put(name, self._told(name))

    def _told(self, name):
        """The frame with the message of a topic; None where there is no fresh reading."""
        data = topic(self._app, name, self._user)
        return data and _message(name, data)

    def _error(self, error):
        self._box.put("error", _message("error", b'{"message":"%s"}' % error.encode()))


def _message(kind, data=None):
    """The frame of a message. data: JSON, bytes; None: it has none."""
    body = b'{"type":"%s"}' % kind.encode() if data is None else b'{"type":"%s","data":%s}' % (kind.encode(), data)
    return websocket.frame(websocket.TEXT, body)
