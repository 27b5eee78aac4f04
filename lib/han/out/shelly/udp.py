"""Calls over UDP, by which home batteries ask for the power, about once a second."""
import asyncio
import errno
import socket

from . import frames, rpc
from .em import SUMMED

try:
    from asyncio import core  # type: ignore[attr-defined]  # not in the stubs
except ImportError:
    core = None  # CPython has another event loop

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# Some take a shorter answer for none, if they are on a cable.
_SHORTEST = const(250)
# Most datagrams before other tasks have a turn; most answers of one port in a second.
_TURN = const(4)
_MOST = const(20)
# Longest pause before it listens again, s.
_LONGEST_S = const(30)

if core:

    def readable(line):
        """Wait until a datagram has come. To be awaited by one task."""
        yield core._io_queue.queue_read(line)

else:

    async def readable(line):
        """Wait until a datagram has come. To be awaited by one task."""
        loop = asyncio.get_event_loop()
        came = asyncio.Event()
        loop.add_reader(line, came.set)
        try:
            await came.wait()
        finally:
            loop.remove_reader(line)


def near(who):
    """True for a sender in a private network (RFC 1918, 3927, 6598), or on this computer. who: as recvfrom() gives it.

    An answer is much longer than its question. A stranger could have it sent to others, as senders can be forged.
    """
    if isinstance(who, tuple):
        first, second = [int(part) for part in who[0].split(".")[:2]]
    else:  # MicroPython's unix port: a sockaddr
        first, second = who[4], who[5]
    return (
        first in (10, 127)
        or first == 192 and second == 168
        or first == 172 and second & 0xF0 == 16
        or first == 169 and second == 254
        or first == 100 and second & 0xC0 == 64
    )


def answer(app, data):
    """The datagram that answers one, bytes; None where none is sent: to what is no call, and without a reading."""
    request = frames.parse(data)
    if request is None or not frames.named(request):
        return None
    params = request.get("params")
    if isinstance(params, dict):
        params[SUMMED] = True
    found = rpc.call(app, request.get("method"), params or {SUMMED: True})
    if frames.silent(found):
        return None
    frame = frames.framed(app, request, found)
    # White space before the last brace: it ends as the others do.
    return frame[:-1] + b" " * (_SHORTEST - len(frame)) + b"}" if len(frame) < _SHORTEST else frame


# Lives until it is cancelled.
async def listen(app, status, port, errors, again_s=1):
    """Answer what comes at a port, and listen there again whenever that has failed.

    errors: {port: why it does not listen, text}; again_s: pause before it listens again, s, doubled each time
    """
    pause = again_s
    second = count = 0
    while True:
        line = None
        try:
            line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            line.setblocking(False)
            line.bind(socket.getaddrinfo(app.board.listen[0], port, 0, socket.SOCK_DGRAM)[0][-1])
            errors.pop(port, None)
            pause = again_s
            while True:
                await readable(line)
                if second != app.clock.uptime_ms() // 1000:
                    second = app.clock.uptime_ms() // 1000
                    count = 0
                count = _take(app, status, line, count)
                if count > _MOST:
                    await asyncio.sleep(0.1)
        except OSError as error:
            errors[port] = "port %d (UDP) %s" % (port, _reason(error))
        except Exception as error:  # the other port goes on
            app.log.crash("shelly", error)
            errors[port] = "port %d (UDP): error in the reader" % port
        finally:
            if line:
                line.close()
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_S)


def _reason(error):
    if error.errno == errno.EADDRINUSE:
        return "is taken"
    if error.errno == errno.EACCES:
        return "is not allowed to this program"
    return "does not listen: %s" % error


def _take(app, status, line, count):
    """Answer some of the datagrams that have come. count: those in this second; returns that with these. OSError."""
    for _ in range(_TURN):
        try:
            data, who = line.recvfrom(frames.LARGEST + 1)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.ECONNREFUSED):
                break  # there is none, or an answer could not be delivered
            raise
        count += 1
        if count > _MOST or not near(who):
            status.dropped += 1
            continue
        found = answer(app, data)
        if found:
            try:
                line.sendto(found, who)
                status.sent += 1
            except OSError:
                status.dropped += 1  # the client will ask again
    return count
