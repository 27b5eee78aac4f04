"""`python -m host_sim`: a whole reader on this computer.

This process reads the arguments, simulates the meter and compiles the modules for MicroPython. It starts the board as
a process of its own, on either interpreter, passes Ctrl-C on to it, and starts it again when the board asks for that.
"""

import os
import socket
import sys
import tempfile
import time

from host_sim import meters
from host_sim.clock import Clock
from host_sim.command.opened import free_port, recordings, serial_settings, state_folder, told_channel
from host_sim.command.options import HEAP, parser, refuse_useless
from host_sim.command.process import command, record_past
from host_sim.hardware.slots import Flash
from host_sim.line.keptmeter import KeptMeter
from host_sim.line.replay import ReplaySource
from host_sim.line.sender import Sender
from host_sim.services import timeserver, updatesite
from host_sim.services.prices import sites
from host_sim.supervisor import Supervisor
from staging import keyring, unix
from staging.manifest import CHANNELS

#: Bytes of Python's heap that the simulated radio takes. On the chip the radio lives in the system heap.
_RADIO = 13 * 1024


def main(arguments=None):
    """Run the simulator. Returns the exit status: 0 after a clean stop, 2 for bad arguments, 1 if the board crashed."""
    options = parser().parse_args(arguments)
    refuse_useless(options)
    options.heap = options.heap or HEAP
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
    settings["plug"] = options.plug and os.path.abspath(options.plug)
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
            meter = source = KeptMeter(options.meter or meters.DEFAULT, clock, options.seed, state)
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
