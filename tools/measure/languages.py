"""Measures what each language of other systems takes of Python's heap while it is switched on; for `make size`.

It runs on MicroPython's unix port, from a ROM, with a Dutch P1 meter, a history and a connection to a broker. What the
languages share counts for each of them. Names in .local do not count: a chip answers for its own all the time.

The estimate for the chip is a part of what is measured, of each language that which it was when both were measured:
objects are half as large on 32 bits, and tables of frozen code are in flash.
"""

import asyncio
import contextlib
import json
import threading
import time
import urllib.request

from host_sim.command.opened import free_port
from host_sim.services.broker import Broker
from tools.measure import simulator
from tools.measure.heap import HEAP, Report

#: (language, most bytes of Python's heap on the chip), from the design. Prometheus' metrics are loaded for a request.
BUDGETS = (("mqtt", 7000), ("modbus", 5000), ("p1", 4000), ("homewizard", 4000), ("shelly", 5000), ("metrics", 0))
#: Bytes that an entry of what is switched on takes, which is no part of a language.
_ENTRY = 500
#: Bytes, 2026-11-29: here, and on a unix port of MicroPython 1.29 for 32 bits with all modules frozen in, there each
#: language alone in a fresh reader, the least of six looks. What all share is in each: 1.6 kB of the second ones.
WIDE = {"mqtt": 16677, "modbus": 11246, "p1": 9910, "homewizard": 7199, "shelly": 14240}
NARROW = {"mqtt": 6672, "modbus": 3792, "p1": 3552, "homewizard": 2720, "shelly": 4912}
#: Seconds until a language that was switched on or off has loaded or forgotten its modules.
SETTLE = 12


@contextlib.contextmanager
def broker():
    """A broker in a thread: its port."""
    port = free_port("127.0.0.1", 0)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(Broker().open(port))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def switch(reader, name, **settings):
    """Change the settings of a language of a running reader, a Simulator."""
    body = json.dumps({"out": {name: settings}}).encode()
    request = urllib.request.Request(reader.url + "/configuration", body, method="PUT")
    urllib.request.urlopen(request, timeout=simulator.PATIENCE).close()
    time.sleep(SETTLE)


def measured():
    """Print the live bytes with each language switched on; returns {language: bytes that it takes}."""
    arguments = ["--runtime", "micropython", "--heap", HEAP, "--port", "0", "--past", "40", "--meter", "dsmr5"]
    found = {}
    with broker() as port, simulator.Simulator(*arguments, "--heap-report", "1") as reader:
        print("\nbytes of the reader that live there, with languages of other systems and a Dutch P1 meter")
        table = Report(reader)
        reader.wait_for_reading()
        ports = {name: {"port": free_port("127.0.0.1", 0)} for name in ("modbus", "p1")}
        ports["mqtt"] = {"host": "127.0.0.1", "port": port}
        switch(reader, "shelly", on=True)  # it is announced in .local, so the simulator loads what a chip has anyway
        switch(reader, "shelly", on=False)
        table.row("without any")
        before = table.objects["without any"]
        for name, _ in BUDGETS:
            switch(reader, name, on=True, **ports.get(name, {}))
            table.row("with " + name)
            switch(reader, name, on=False)
            table.row("without " + name)
            after = table.objects["without " + name]
            # Requests and changes of settings leave modules for a while, so the larger of both is what is there anyway.
            found[name] = max(0, table.objects["with " + name] - max(before, after))
            before = after
    return found


def report(found):
    """Print the estimates for the chip beside the budgets. found: as of measured()."""
    print("\nPython's heap that a language takes on the chip, kB, estimated from what it takes here")
    for name, most in BUDGETS:
        part = NARROW[name] / WIDE[name] if name in WIDE else 1
        size = found[name] * part
        over = "" if size <= max(most, _ENTRY) else "  OVER BUDGET"
        print("  %-42s %8.1f  at most %.0f, %.2f of it%s" % (name, size / 1000, most / 1000, part, over))
