"""What the options name is there: ports, recordings, the serial device, folders. Otherwise status 2 and a message."""

import errno
import fcntl
import os
import pathlib
import random
import re
import socket
import sys
import time

from host_sim.command.options import fail
from staging.manifest import CHANNELS

_LOCK_TENTHS = 30  # tenths of a second to wait for a state folder that is in use


def _ports():
    """Yields each port to listen on once.

    They lie below the ports that the system gives to clients: a client could take such a port while a reader restarts.
    """
    yield from random.sample(range(10000, 20000), 10000)


_PORTS = _ports()


def free_port(host, port, wanted=socket.SOCK_STREAM):
    """The port, or a free one for 0; ends with status 2 if it cannot be opened."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port or next(_PORTS), 0, wanted)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            if wanted == socket.SOCK_STREAM:
                probe.listen()
            return probe.getsockname()[1]
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            if not port:
                return free_port(host, 0, wanted)
            fail("port %d of %s is taken by another program; --port 0 takes a free one" % (port, host))
        fail("cannot listen on port %d of %s: %s" % (port, host, error.strerror or error))


def recordings(paths):
    """The contents of the files, a list of bytes; ends with status 2 if one is empty or cannot be read."""
    captures = []
    for path in paths:
        try:
            captures.append(pathlib.Path(path).read_bytes())
        except OSError as error:
            fail("cannot read %s: %s" % (path, error.strerror))
        if not captures[-1]:
            fail("%s is empty" % path)
    return captures


def serial_settings(path):
    """The settings that name the serial device of the line; ends with status 2 if it cannot be opened."""
    if not path:
        return {"serial": None, "any_setting": False, "terminal": ""}
    absolute = os.path.abspath(path)
    real = os.path.realpath(absolute)
    try:
        file = os.open(absolute, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError as error:
        fail("cannot open %s: %s" % (path, error.strerror))
    device = os.isatty(file)
    os.close(file)
    # Linux and macOS name pseudo-terminals like this. Like a pipe they have no speed.
    terminal = ""
    if device and re.match(r"/dev/(pts/|ttys\d)", real):
        terminal = "name" if real == absolute else "link"
    return {"serial": absolute, "any_setting": not device or bool(terminal), "terminal": terminal}


def state_folder(path):
    """(folder, lock on it); creates the folder. Ends with status 2 if another simulator uses it."""
    folder = os.path.abspath(path)
    try:
        os.makedirs(folder, exist_ok=True)
        lock = os.open(os.path.join(folder, "lock"), os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        fail("cannot keep state in %s: %s" % (path, error.strerror))
    # The board's process holds the lock too, and may outlive a killed parent by a moment.
    for _ in range(_LOCK_TENTHS):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return folder, lock
        except BlockingIOError:
            time.sleep(0.1)
    fail("the state in %s is in use by another simulator" % path)


def told_channel(path, channel):
    """The channel of updates to follow. Prints a note if the folder has no release on it; ends with status 2 if there
    is no such folder.
    """
    channel = channel or CHANNELS[0]
    if not os.path.isdir(path):
        fail("no folder %s to serve updates from: `make release` makes one" % path)
    there = [name for name in CHANNELS if os.path.exists(os.path.join(path, name, "manifest.json"))]
    if channel not in there:
        others = ", only on %s" % " and ".join(there) if there else ""
        print("host_sim: %s has no release on the channel %s%s" % (path, channel, others), file=sys.stderr)
    return channel
