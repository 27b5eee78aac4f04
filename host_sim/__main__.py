"""`python -m host_sim`: a whole reader on this computer.

This process reads the arguments, simulates the meter, compiles what MicroPython needs, and starts the board as a
process of its own, on either interpreter; it passes Ctrl-C on and starts the board again when that asks for it.
"""

import argparse
import errno
import fcntl
import json
import os
import pathlib
import random
import re
import socket
import subprocess
import sys
import tempfile
import time

from host_sim import meters
from host_sim.services import pricesites, timeserver, updatesite
from host_sim.clock import Clock
from host_sim.house import House
from host_sim.line.metersource import MeterSource
from host_sim.line.replay import ReplaySource
from host_sim.line.sender import Sender
from host_sim.hardware.slots import Flash
from host_sim.supervisor import Supervisor
from staging import keyring, page, unix
from staging.manifest import CHANNELS

#: Of Python's heap, what the simulated radio takes: on the chip that is the system's.
_RADIO = 13 * 1024
_METERS = meters.NAMES + meters.SPECIAL + meters.UNSCALED
_HEAP = "64M"
_LOCK_TENTHS = 30  # of a second that a state folder in use is waited for
ROOT = pathlib.Path(__file__).resolve().parent.parent


def parser():
    parse = argparse.ArgumentParser(
        "python -m host_sim",
        description="The HAN reader on this computer. Without --replay, --serial or --meter it reads a simulated "
        "meter with a Nordic P1 port.",
    )
    line = parse.add_mutually_exclusive_group()
    line.add_argument("--replay", metavar="FILE", nargs="+", help="send raw recordings, over and over")
    line.add_argument("--serial", metavar="PATH", help="read a serial device or a pseudo-terminal")
    line.add_argument("--meter", metavar="NAME", choices=_METERS, help=", ".join(_METERS))
    parse.add_argument(
        "--image", metavar="FILE",
        help="flash both slots with an ota.bin of `tools.build --arch sim`, and run it instead of the sources",
    )  # fmt: skip
    parse.add_argument("--no-psram", action="store_true", help="a board that runs frozen images only, not an --image")
    parse.add_argument("--port", type=_port, default=8080, help="of the API (8080); 0 takes a free one")
    parse.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="where the API listens (127.0.0.1)")
    parse.add_argument("--speed", type=_speed, default=1, metavar="N", help="run clock and line N times as fast")
    parse.add_argument("--state", metavar="DIR", help="where flash and counters are kept (else forgotten)")
    parse.add_argument("--past", metavar="DAYS", type=_days, default=0, help="begin with so many days of history")
    parse.add_argument(
        "--network", choices=("eth", "setup"), default="eth",
        help="eth: a cable (as ever); setup: only WiFi, not set up yet: the network Home, password `correct horse`",
    )  # fmt: skip
    parse.add_argument(
        "--console", metavar="PATH", help="a pseudo-terminal on which the reader can be set up, as the chip's on USB")
    parse.add_argument("--runtime", choices=("cpython", "micropython"), default="cpython")
    parse.add_argument(
        "--heap", type=_heap, metavar="SIZE",
        help="MicroPython's heap, such as 400k (%s); what a simulated radio takes comes on top" % _HEAP,
    )  # fmt: skip
    parse.add_argument(
        "--heap-report", metavar="S", type=int, default=0,
        help="have MicroPython print an account of its heap every so many seconds",
    )  # fmt: skip
    parse.add_argument(
        "--price-fault", metavar="SERVICE=FAULT", action="append", type=_fault, default=[],
        help="what is wrong with a look-alike of a price service: %s" % ", ".join(pricesites.FAULTS),
    )  # fmt: skip
    parse.add_argument(
        "--time-fault", metavar="FAULT", action="append", choices=timeserver.FAULTS, default=[],
        help="what is wrong with the next of the three time servers: %s" % ", ".join(timeserver.FAULTS),
    )  # fmt: skip
    parse.add_argument("--updates", metavar="DIR", help="serve updates from a folder that `make release` has made")
    parse.add_argument("--channel", choices=CHANNELS, help="whose releases the reader follows (%s)" % CHANNELS[0])
    parse.add_argument(
        "--update-fault", metavar="FAULT", choices=updatesite.FAULTS, default="",
        help="what is wrong with that server: %s" % ", ".join(updatesite.FAULTS),
    )  # fmt: skip
    parse.add_argument("--seed", type=int, default=1, help="of the simulated house and of interrupted flash")
    return parse


def _port(text):
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return port


def _days(text):
    days = int(text)
    if not 1 <= days <= 4000:
        raise argparse.ArgumentTypeError("a number of days is one from 1 to 4000")
    return days


def _speed(text):
    speed = float(text)
    if not 0.001 <= speed <= 100000:
        raise argparse.ArgumentTypeError("a speed is a number from 0.001 to 100000")
    return speed


def _fault(text):
    name, _, fault = text.partition("=")
    if name not in pricesites.NAMES or fault not in pricesites.FAULTS:
        raise argparse.ArgumentTypeError("a fault is such as %s=%s" % (pricesites.NAMES[0], pricesites.FAULTS[5]))
    return name, fault


def _heap(text):
    if not re.fullmatch(r"[1-9][0-9]*[kKmM]?", text):
        raise argparse.ArgumentTypeError("a heap is a number of bytes, with k or M behind it for more")
    return text


def _fail(message):
    print("host_sim: " + message, file=sys.stderr)
    raise SystemExit(2)


def refuse_useless(options):
    """End with status 2 where something is given that would change nothing."""
    if options.runtime != "micropython":
        for name, value in (("--heap", options.heap), ("--heap-report", options.heap_report)):
            if value:
                _fail("%s is for MicroPython: it needs --runtime micropython (make: RUNTIME=micropython)" % name)
    if not options.updates:
        for name, value in (("--channel", options.channel), ("--update-fault", options.update_fault)):
            if value:
                _fail("%s is for an update server: it needs --updates DIR (make: UPDATES=DIR)" % name)


def told_channel(path, channel):
    """The channel of updates to follow; says where the folder has nothing on it. Ends with status 2 for no folder."""
    channel = channel or CHANNELS[0]
    if not os.path.isdir(path):
        _fail("no folder %s to serve updates from: `make release` makes one" % path)
    there = [name for name in CHANNELS if os.path.exists(os.path.join(path, name, "manifest.json"))]
    if channel not in there:
        others = ", only on %s" % " and ".join(there) if there else ""
        print("host_sim: %s has no release on the channel %s%s" % (path, channel, others), file=sys.stderr)
    return channel


def _ports():
    """Ports to listen on, each once: below those of clients, one of which could take it while a reader restarts."""
    yield from random.sample(range(10000, 20000), 10000)


_PORTS = _ports()


def free_port(host, port, wanted=socket.SOCK_STREAM):
    """The port, or a free one for 0; ends with status 2 where it cannot be had."""
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
            _fail("port %d of %s is taken by another program; --port 0 takes a free one" % (port, host))
        _fail("cannot listen on port %d of %s: %s" % (port, host, error.strerror or error))


def recordings(paths):
    """The contents of the files; ends with status 2 where one cannot be read or has none."""
    captures = []
    for path in paths:
        try:
            captures.append(pathlib.Path(path).read_bytes())
        except OSError as error:
            _fail("cannot read %s: %s" % (path, error.strerror))
        if not captures[-1]:
            _fail("%s is empty" % path)
    return captures


def serial_settings(path):
    """The settings that say which serial device is the line; ends with status 2 where it cannot be opened."""
    if not path:
        return {"serial": None, "any_setting": False, "terminal": ""}
    absolute = os.path.abspath(path)
    real = os.path.realpath(absolute)
    try:
        file = os.open(absolute, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError as error:
        _fail("cannot open %s: %s" % (path, error.strerror))
    device = os.isatty(file)
    os.close(file)
    # Pseudo-terminals as Linux and macOS name them. Like a pipe they have no speed.
    terminal = ""
    if device and re.match(r"/dev/(pts/|ttys\d)", real):
        terminal = "name" if real == absolute else "link"
    return {"serial": absolute, "any_setting": not device or bool(terminal), "terminal": terminal}


def with_application(frozen=True):
    """The environment of a CPython that has the sources on its path, the application's only where they run."""
    path = os.pathsep.join([str(ROOT / "lib")] * frozen + [str(ROOT), os.environ.get("PYTHONPATH", "")])
    return dict(os.environ, PYTHONPATH=path.strip(os.pathsep))


def record_past(folder, options):
    """Write what a reader would have kept of the days before; ends with status 2 where the folder has a past."""
    if os.path.exists(os.path.join(folder, "history.bin")):
        _fail("the state in %s has a past already" % folder)
    kind = meters.create(options.meter or meters.DEFAULT)
    numbers = options.past, kind.ZONE_MIN, options.seed, int(time.time())
    line = [sys.executable, "-m", "host_sim.past", folder, *map(str, numbers)]
    subprocess.run(line, env=with_application(), cwd=ROOT, check=True)


def command(options, frozen):
    """(command line, environment, working folder) of the board's process; frozen: it runs from the sources."""
    if options.runtime == "cpython":
        page.build()
        return [sys.executable, "-m", "host_sim.run"], with_application(frozen), ROOT
    from host_sim import compiled

    return compiled.command(options.heap, frozen, "host_sim.run")


def state_folder(path):
    """(the folder, made if need be; a lock on it); ends with status 2 where another simulator has it."""
    folder = os.path.abspath(path)
    try:
        os.makedirs(folder, exist_ok=True)
        lock = os.open(os.path.join(folder, "lock"), os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        _fail("cannot keep state in %s: %s" % (path, error.strerror))
    # The board's process holds it too, and may outlive a killed parent by a moment.
    for _ in range(_LOCK_TENTHS):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return folder, lock
        except BlockingIOError:
            time.sleep(0.1)
    _fail("the state in %s is in use by another simulator" % path)


class Meter:
    """The source of the simulated meter on its house, whose counters are kept in the state folder."""

    def __init__(self, name, clock, seed, folder):
        kind = meters.create(name)
        self.line = kind.LINE
        self._path = os.path.join(folder, "meter.json")
        now = clock.utc_us(clock.ticks_us()) // 1000000
        self._house = House(now, seed, kind.ZONE_MIN, self._load())
        self._source = MeterSource(kind, self._house, clock)

    def next(self, now_us, free_us):
        """As host_sim.uart asks of a source."""
        sent = self._source.next(now_us, free_us)
        if sent:
            self.save()  # before anybody reads it: this process may be killed, and a meter never counts backwards
        return sent

    def _load(self):
        try:
            with open(self._path) as file:
                saved = json.load(file)
            return saved if set(saved) == {"time", "sums", "low"} else None
        except (OSError, ValueError, TypeError):
            return None

    def save(self):
        """Keep the counters; a cut leaves the old file or the new."""
        with open(self._path + ".new", "w") as file:
            json.dump(self._house.save(), file)
        os.replace(self._path + ".new", self._path)


def main(arguments=None):
    """The exit status: 0 after a clean stop, 2 for arguments that cannot work, 1 where the board crashed."""
    options = parser().parse_args(arguments)
    refuse_useless(options)
    options.heap = options.heap or _HEAP
    if options.network == "setup":
        options.heap = str(unix.size(options.heap) + _RADIO)
    keyring.write_module()
    captures = recordings(options.replay or ())
    settings = serial_settings(options.serial)
    image = recordings([options.image])[0] if options.image else None
    settings["host"] = options.host
    settings["port"] = free_port(options.host, options.port)
    settings["network"] = options.network
    settings["psram"] = not options.no_psram
    settings["console"] = options.console and os.path.abspath(options.console)
    settings["names"] = free_port(options.host, 0, socket.SOCK_DGRAM)
    settings["speed"] = options.speed
    settings["seed"] = options.seed
    settings["heap_s"] = options.heap_report
    settings["zero_ns"] = time.time_ns()
    clock = Clock(options.speed, settings["zero_ns"])
    settings["sites"] = pricesites.in_background(
        lambda: clock.utc_us(clock.ticks_us()) // 1000000, dict(options.price_fault)
    )
    settings["time_servers"] = timeserver.in_background(
        lambda: clock.utc_us(clock.ticks_us()) // 1000, options.time_fault
    )
    settings["channel"] = told_channel(options.updates, options.channel) if options.updates else CHANNELS[0]
    settings["updates"] = options.updates and updatesite.in_background(options.updates, options.update_fault)
    with tempfile.TemporaryDirectory(prefix="han-sim-") as temporary:
        state, lock = state_folder(options.state or temporary)
        settings["state"] = state
        if options.past:
            record_past(state, options)
        meter = source = None
        if captures:
            source = ReplaySource(captures)
        elif not options.serial:
            meter = source = Meter(options.meter or meters.DEFAULT, clock, options.seed, state)
        sender = source and Sender(source, clock, options.speed)
        settings["line"] = source and source.line
        try:
            slots = Flash(state, image)
            return Supervisor(settings, sender, lock).run(slots, lambda frozen: command(options, frozen))
        finally:
            if meter:
                meter.save()


if __name__ == "__main__":
    sys.exit(main())
