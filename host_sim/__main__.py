"""`python -m host_sim`: a whole reader on this computer.

This process reads the arguments, compiles what MicroPython needs, and starts the board as a process of its own, on
either interpreter; it passes Ctrl-C on and starts the board again when that asks for it.
"""

import argparse
import errno
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile

from host_sim import meters
from host_sim.board import RESTART

ROOT = pathlib.Path(__file__).resolve().parent.parent
_STOP_SECONDS = 10  # for an orderly end; then it is killed


def parser():
    parse = argparse.ArgumentParser(
        "python -m host_sim",
        description="The HAN reader on this computer. Without --replay, --serial or --meter it reads a simulated "
        "meter with a Nordic P1 port.",
    )
    line = parse.add_mutually_exclusive_group()
    line.add_argument("--replay", metavar="FILE", nargs="+", help="send raw recordings, over and over")
    line.add_argument("--serial", metavar="PATH", help="read a serial device or a pseudo-terminal")
    line.add_argument("--meter", metavar="NAME", choices=meters.NAMES, help=", ".join(meters.NAMES))
    parse.add_argument("--port", type=_port, default=8080, help="of the API (8080); 0 takes a free one")
    parse.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="where the API listens (127.0.0.1)")
    parse.add_argument("--speed", type=_speed, default=1, metavar="N", help="run clock and line N times as fast")
    parse.add_argument("--state", metavar="DIR", help="where flash and counters are kept (else forgotten)")
    parse.add_argument("--runtime", choices=("cpython", "micropython"), default="cpython")
    parse.add_argument("--heap", type=_heap, default="64M", metavar="SIZE", help="MicroPython's heap, such as 240k")
    parse.add_argument("--seed", type=int, default=1, help="of the simulated house and of interrupted flash")
    return parse


def _port(text):
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return port


def _speed(text):
    speed = float(text)
    if not 0.001 <= speed <= 100000:
        raise argparse.ArgumentTypeError("a speed is a number from 0.001 to 100000")
    return speed


def _heap(text):
    if not re.fullmatch(r"[1-9][0-9]*[kKmM]?", text):
        raise argparse.ArgumentTypeError("a heap is a number of bytes, with k or M behind it for more")
    return text


def _fail(message):
    print("host_sim: " + message, file=sys.stderr)
    raise SystemExit(2)


def free_port(host, port):
    """The port, or a free one for 0; ends with status 2 where it cannot be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
            return probe.getsockname()[1]
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            _fail("port %d of %s is taken by another program; --port 0 takes a free one" % (port, host))
        _fail("cannot listen on port %d of %s: %s" % (port, host, error.strerror or error))


def line_settings(options):
    """The part of the settings that says what is on the line, checked as far as it can be from here."""
    replay = [os.path.abspath(path) for path in options.replay or ()]
    for path in replay:
        try:
            with open(path, "rb") as file:
                if not file.read(1):
                    _fail("%s is empty" % path)
        except OSError as error:
            _fail("cannot read %s: %s" % (path, error.strerror))
    serial = options.serial and os.path.abspath(options.serial)
    if serial:
        try:
            os.close(os.open(serial, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK))
        except OSError as error:
            _fail("cannot open %s: %s" % (options.serial, error.strerror))
    return {
        "replay": replay,
        "serial": serial,
        "any_setting": bool(serial) and _has_no_speed(serial),
        "meter": options.meter or meters.DEFAULT,
    }


def _has_no_speed(path):
    """True for a pseudo-terminal (as Linux and macOS name them) or a pipe."""
    file = os.open(path, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        return not os.isatty(file) or bool(re.match(r"/dev/(pts/|ttys\d)", os.path.realpath(path)))
    finally:
        os.close(file)


def command(options):
    """(command line, environment, working folder) of the board's process."""
    if options.runtime == "cpython":
        path = os.pathsep.join([str(ROOT / "lib"), str(ROOT), os.environ.get("PYTHONPATH", "")])
        return [sys.executable, "-m", "host_sim.run"], dict(os.environ, PYTHONPATH=path.strip(os.pathsep)), ROOT
    from host_sim import staging

    return staging.command(options.heap, "-m", "host_sim.run")


class Supervisor:
    """Keeps one board's process and passes the wish to stop on to it."""

    def __init__(self, settings):
        self._settings = json.dumps(settings).encode() + b"\n"
        self.child = None
        self.stopping = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)

    def _stop(self, number, frame):
        if self.child is None:
            raise SystemExit(0)
        if self.stopping:  # someone insists
            self.child.kill()
        self.stopping = True
        self.child.stdin.close()

    def run(self, line, environment, folder):
        """Run the board until it or its user ends it; the exit status."""
        while True:
            status = self._once(line, environment, folder)
            if self.stopping or status != RESTART:
                break
        if status < 0:
            print("host_sim: the board was ended by signal %d" % -status, file=sys.stderr)
            return 1
        return 0 if status == RESTART else status

    def _once(self, line, environment, folder):
        # A process group of its own, as a Ctrl-C in the terminal is for this process alone; not a session of its
        # own, or a terminal opened as the HAN line would become its own and end it by hanging up.
        self.child = subprocess.Popen(line, env=environment, cwd=folder, stdin=subprocess.PIPE, preexec_fn=os.setpgrp)
        try:
            self.child.stdin.write(self._settings)
            self.child.stdin.flush()
        except (OSError, ValueError):
            pass  # it is gone, or to be stopped already: its status tells
        late = 0
        while True:
            try:
                return self.child.wait(1)
            except subprocess.TimeoutExpired:
                late += self.stopping
                if late > _STOP_SECONDS:
                    self.child.kill()


def main(arguments=None):
    """The exit status: 0 after a clean stop, 2 for arguments that cannot work, 1 where the board crashed."""
    options = parser().parse_args(arguments)
    settings = line_settings(options)
    settings["host"] = options.host
    settings["port"] = free_port(options.host, options.port)
    settings["speed"] = options.speed
    settings["seed"] = options.seed
    with tempfile.TemporaryDirectory(prefix="han-sim-") as temporary:
        settings["state"] = os.path.abspath(options.state or temporary)
        try:
            os.makedirs(settings["state"], exist_ok=True)
        except OSError as error:
            _fail("cannot keep state in %s: %s" % (settings["state"], error.strerror))
        return Supervisor(settings).run(*command(options))


if __name__ == "__main__":
    sys.exit(main())
