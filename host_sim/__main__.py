"""`python -m host_sim`: a whole reader on this computer.

This process reads the arguments, simulates the meter and compiles the modules for MicroPython. It starts the board as
a process of its own, on either interpreter, passes Ctrl-C on to it, and starts it again when the board asks for that.
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
from host_sim.services import timeserver, updatesite
from host_sim.services.prices import sites
from host_sim.clock import Clock
from host_sim.house import House
from host_sim.line.metersource import MeterSource
from host_sim.line.replay import ReplaySource
from host_sim.line.sender import Sender
from host_sim.hardware.slots import Flash
from host_sim.supervisor import Supervisor
from staging import keyring, page, unix
from staging.manifest import CHANNELS

#: Bytes of Python's heap that the simulated radio takes. On the chip the radio lives in the system heap.
_RADIO = 13 * 1024
_METERS = meters.NAMES + meters.SPECIAL + meters.UNSCALED
_HEAP = "64M"
_LOCK_TENTHS = 30  # tenths of a second to wait for a state folder that is in use
ROOT = pathlib.Path(__file__).resolve().parent.parent


def parser():
    parse = argparse.ArgumentParser(
        "python -m host_sim",
        description="Run the HAN reader on this computer. Without --replay, --serial or --meter it reads a simulated "
        "meter with a Nordic P1 port.",
    )
    line = parse.add_mutually_exclusive_group()
    line.add_argument("--replay", metavar="FILE", nargs="+", help="replay raw recordings, over and over")
    line.add_argument("--serial", metavar="PATH", help="read a serial device or pseudo-terminal")
    line.add_argument("--meter", metavar="NAME", choices=_METERS, help="simulate one of " + ", ".join(_METERS))
    parse.add_argument(
        "--image", metavar="FILE",
        help="write this ota.bin (made by `tools.build --arch sim`) to both slots and run it instead of the sources",
    )  # fmt: skip
    parse.add_argument(
        "--no-psram", action="store_true",
        help="simulate a board without PSRAM, which cannot run an --image",
    )  # fmt: skip
    parse.add_argument("--port", type=_port, default=8080, help="port of the API (8080); 0 takes a free port")
    parse.add_argument(
        "--host", default="127.0.0.1", metavar="ADDRESS",
        help="address that the API listens on (127.0.0.1)",
    )  # fmt: skip
    parse.add_argument(
        "--speed", type=_speed, default=1, metavar="N",
        help="run the clock and the line N times as fast",
    )  # fmt: skip
    parse.add_argument(
        "--state", metavar="DIR",
        help="keep the flash and the meter's counters in this folder (without it they are lost at the end)",
    )  # fmt: skip
    parse.add_argument("--past", metavar="DAYS", type=_days, default=0, help="start with a history of this many days")
    parse.add_argument(
        "--network", choices=("eth", "setup"), default="eth",
        help="eth: a network cable (the default); setup: only WiFi, which you set up first: network Home, password "
        "`correct horse`",
    )  # fmt: skip
    parse.add_argument(
        "--console", metavar="PATH", help="set the reader up over this pseudo-terminal, as over the chip's USB port")
    parse.add_argument(
        "--runtime", choices=("cpython", "micropython"), default="cpython", help="interpreter of the reader (cpython)")
    parse.add_argument(
        "--heap", type=_heap, metavar="SIZE",
        help="size of MicroPython's heap, such as 400k (%s); the simulated radio's memory is added to it" % _HEAP,
    )  # fmt: skip
    parse.add_argument(
        "--heap-report", metavar="S", type=int, default=0,
        help="print MicroPython's own report on its heap every S seconds",
    )  # fmt: skip
    parse.add_argument(
        "--price-fault", metavar="SERVICE=FAULT", action="append", type=_fault, default=[],
        help="make a simulated price service fail in this way: %s" % ", ".join(sites.FAULTS),
    )  # fmt: skip
    parse.add_argument(
        "--time-fault", metavar="FAULT", action="append", choices=timeserver.FAULTS, default=[],
        help="make the next of the three simulated time servers fail in this way: %s" % ", ".join(timeserver.FAULTS),
    )  # fmt: skip
    parse.add_argument("--updates", metavar="DIR", help="serve updates from this folder, which `make release` made")
    parse.add_argument(
        "--channel", choices=CHANNELS,
        help="channel of updates that the reader follows (%s)" % CHANNELS[0],
    )  # fmt: skip
    parse.add_argument(
        "--update-fault", metavar="FAULT", choices=updatesite.FAULTS, default="",
        help="make the update server fail in this way: %s" % ", ".join(updatesite.FAULTS),
    )  # fmt: skip
    parse.add_argument(
        "--seed", type=int, default=1,
        help="seed of the simulated house and of interrupted flash operations (1)",
    )  # fmt: skip
    return parse


def _port(text):
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("the port is a number from 0 to 65535")
    return port


def _days(text):
    days = int(text)
    if not 1 <= days <= 4000:
        raise argparse.ArgumentTypeError("the number of days is from 1 to 4000")
    return days


def _speed(text):
    speed = float(text)
    if not 0.001 <= speed <= 100000:
        raise argparse.ArgumentTypeError("the speed is a number from 0.001 to 100000")
    return speed


def _fault(text):
    name, _, fault = text.partition("=")
    if name not in sites.NAMES or fault not in sites.FAULTS:
        raise argparse.ArgumentTypeError("write it like %s=%s" % (sites.NAMES[0], sites.FAULTS[5]))
    return name, fault


def _heap(text):
    if not re.fullmatch(r"[1-9][0-9]*[kKmM]?", text):
        raise argparse.ArgumentTypeError("the heap is a number of bytes; k or M after it means kilobytes or megabytes")
    return text


def _fail(message):
    print("host_sim: " + message, file=sys.stderr)
    raise SystemExit(2)


def refuse_useless(options):
    """Ends with status 2 if an option is given that would have no effect."""
    if options.runtime != "micropython":
        for name, value in (("--heap", options.heap), ("--heap-report", options.heap_report)):
            if value:
                _fail("%s is for MicroPython: it needs --runtime micropython (make: RUNTIME=micropython)" % name)
    if not options.updates:
        for name, value in (("--channel", options.channel), ("--update-fault", options.update_fault)):
            if value:
                _fail("%s is for an update server: it needs --updates DIR (make: UPDATES=DIR)" % name)


def told_channel(path, channel):
    """The channel of updates to follow. Prints a note if the folder has no release on it; ends with status 2 if there
    is no such folder.
    """
    channel = channel or CHANNELS[0]
    if not os.path.isdir(path):
        _fail("no folder %s to serve updates from: `make release` makes one" % path)
    there = [name for name in CHANNELS if os.path.exists(os.path.join(path, name, "manifest.json"))]
    if channel not in there:
        others = ", only on %s" % " and ".join(there) if there else ""
        print("host_sim: %s has no release on the channel %s%s" % (path, channel, others), file=sys.stderr)
    return channel


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
            _fail("port %d of %s is taken by another program; --port 0 takes a free one" % (port, host))
        _fail("cannot listen on port %d of %s: %s" % (port, host, error.strerror or error))


def recordings(paths):
    """The contents of the files, a list of bytes; ends with status 2 if one is empty or cannot be read."""
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
    """The settings that name the serial device of the line; ends with status 2 if it cannot be opened."""
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
    # Linux and macOS name pseudo-terminals like this. Like a pipe they have no speed.
    terminal = ""
    if device and re.match(r"/dev/(pts/|ttys\d)", real):
        terminal = "name" if real == absolute else "link"
    return {"serial": absolute, "any_setting": not device or bool(terminal), "terminal": terminal}


def with_application(frozen=True):
    """The environment for CPython with the sources on its path; those of the application only if `frozen`."""
    path = os.pathsep.join([str(ROOT / "lib")] * frozen + [str(ROOT), os.environ.get("PYTHONPATH", "")])
    return dict(os.environ, PYTHONPATH=path.strip(os.pathsep))


def record_past(folder, options):
    """Write the history that a reader would have kept of the days before now.

    Ends with status 2 if the folder has a history already.
    """
    if os.path.exists(os.path.join(folder, "history.bin")):
        _fail("the state in %s has a past already" % folder)
    kind = meters.create(options.meter or meters.DEFAULT)
    numbers = options.past, kind.ZONE_MIN, options.seed, int(time.time())
    line = [sys.executable, "-m", "host_sim.past", folder, *map(str, numbers)]
    subprocess.run(line, env=with_application(), cwd=ROOT, check=True)


def command(options, frozen):
    """(command line, environment, working folder) of the board's process. frozen: the application is the sources."""
    if options.runtime == "cpython":
        page.build()
        return [sys.executable, "-m", "host_sim.run"], with_application(frozen), ROOT
    from host_sim import compiled

    return compiled.command(options.heap, frozen, "host_sim.run")


def state_folder(path):
    """(folder, lock on it); creates the folder. Ends with status 2 if another simulator uses it."""
    folder = os.path.abspath(path)
    try:
        os.makedirs(folder, exist_ok=True)
        lock = os.open(os.path.join(folder, "lock"), os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        _fail("cannot keep state in %s: %s" % (path, error.strerror))
    # The board's process holds the lock too, and may outlive a killed parent by a moment.
    for _ in range(_LOCK_TENTHS):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return folder, lock
        except BlockingIOError:
            time.sleep(0.1)
    _fail("the state in %s is in use by another simulator" % path)


class Meter:
    """The simulated meter and its house, as a source of host_sim.uart. The state folder keeps its counters."""

    def __init__(self, name, clock, seed, folder):
        kind = meters.create(name)
        self.line = kind.LINE
        self._path = os.path.join(folder, "meter.json")
        now = clock.utc_us(clock.ticks_us()) // 1000000
        self._house = House(now, seed, kind.ZONE_MIN, self._load())
        self._source = MeterSource(kind, self._house, clock)

    def next(self, now_us, free_us):
        """See host_sim.uart."""
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
        """Keep the counters. A power cut leaves either the old file or the new one."""
        with open(self._path + ".new", "w") as file:
            json.dump(self._house.save(), file)
        os.replace(self._path + ".new", self._path)


def main(arguments=None):
    """Run the simulator. Returns the exit status: 0 after a clean stop, 2 for bad arguments, 1 if the board crashed."""
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
    settings["sites"] = sites.in_background(
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
