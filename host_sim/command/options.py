"""The options of `python -m host_sim`."""

import argparse
import re
import sys

from host_sim import meters
from host_sim.services import timeserver, updatesite
from host_sim.services.prices import sites
from staging.manifest import CHANNELS

HEAP = "64M"
_METERS = meters.NAMES + meters.SPECIAL + meters.UNSCALED


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
        "--plug", metavar="FILE",
        help="give the board a second UART, and append what it sends (see `uart` of P1 in the settings) to this file",
    )  # fmt: skip
    parse.add_argument(
        "--runtime", choices=("cpython", "micropython"), default="cpython", help="interpreter of the reader (cpython)")
    parse.add_argument(
        "--heap", type=_heap, metavar="SIZE",
        help="size of MicroPython's heap, such as 400k (%s); the simulated radio's memory is added to it" % HEAP,
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


def fail(message):
    """Say what is wrong with the options, and end with status 2."""
    print("host_sim: " + message, file=sys.stderr)
    raise SystemExit(2)


def refuse_useless(options):
    """Ends with status 2 if an option is given that would have no effect."""
    if options.runtime != "micropython":
        for name, value in (("--heap", options.heap), ("--heap-report", options.heap_report)):
            if value:
                fail("%s is for MicroPython: it needs --runtime micropython (make: RUNTIME=micropython)" % name)
    if not options.updates:
        for name, value in (("--channel", options.channel), ("--update-fault", options.update_fault)):
            if value:
                fail("%s is for an update server: it needs --updates DIR (make: UPDATES=DIR)" % name)
