"""The board's own process, on either interpreter, from one reset to the next; `python -m host_sim` starts it.

Its standard input is one line of JSON, the settings (an argument of MicroPython has at most 255 bytes), followed by
the transmissions on the line (host_sim.line.feed). It stops when its input ends, so it never outlives its parent.
Exit status: 0 after a clean stop; 2 if the port or the serial device cannot be opened, or the device is gone for good;
host_sim.supervisor.RESTART if the board asks to be started again.
"""

import asyncio
import errno
import gc
import json
import sys

try:
    import micropython
except ImportError:
    micropython = None

_RESTART = 75  # host_sim.supervisor.RESTART
_WATCHDOG = 3  # machine.WDT_RESET
_FOR_STARTING = ("start", "hardware.chip", "hardware.loader", "hardware.esp32", "hardware.otadata", "hardware.espimage")


def started(config):
    """(BOOT of boot.py, the application's class); (None, None) if boot.py restarts the chip."""
    from host_sim.hardware import machine
    from host_sim import start

    try:
        boot = start.boot(config)
    except machine.ChipReset:
        return None, None
    del start
    for name in _FOR_STARTING:  # a small heap has no room for them
        package, _, last = ("host_sim." + name).rpartition(".")
        sys.modules.pop("host_sim." + name, None)
        if hasattr(sys.modules[package], last):
            delattr(sys.modules[package], last)
    gc.collect()
    if not config["psram"] and "files" in (boot["manifest"] or {}):
        boot["safe"] = True  # the chip's board does this, before its application is imported
    try:
        if boot["safe"]:
            from han.safe import App
        else:
            from han.app import App
    except Exception as error:
        if config["sources"]:
            raise
        return boot, failing(error)
    return boot, App


def failing(error):
    """A stand-in for an application that cannot be imported: creating it raises the error.

    On the chip the board exists before the application is imported, and so it does here.
    """

    def App(board):
        raise error

    return App


def account():
    """Print MicroPython's report on its heap, after a collection, and the share of its qstrs."""
    gc.collect()
    micropython.mem_info()
    micropython.qstr_info()


# Lives as long as this process. It ends app.run() when the input has ended or the line is gone for good.
async def serve(board, app, feed, heap_s):
    """Run the application on the board until the input ends; raises what app.run() raises.

    heap_s  seconds between two reports on MicroPython's heap (with the modules, if their number changed); 0: never
    """
    running = asyncio.create_task(app.run())
    told = False
    due = modules = 0
    try:
        while not (running.done() or feed.ended or board.uart.ended):
            if app.listening.is_set() and not told:
                told = True
                sys.stdout.write("listening on http://%s:%d/\n" % board.listen)
                if hasattr(sys.stdout, "flush"):
                    sys.stdout.flush()
            await asyncio.sleep(0.05)
            if heap_s and told and app.clock.uptime_ms() >= due:
                due = app.clock.uptime_ms() + heap_s * 1000
                account()
                if len(sys.modules) != modules:
                    modules = len(sys.modules)
                    sys.stdout.write("modules:")
                    for name in sys.modules:  # one by one: a full heap has no room for all of them in one text
                        sys.stdout.write(" ")
                        sys.stdout.write(name)
                    sys.stdout.write("\n")
            try:
                feed.look()
            except MemoryError:  # the reader's heap is full, and the reader itself deals with that
                pass
    finally:
        running.cancel()
        try:
            await running
        except (asyncio.CancelledError, SystemExit):  # a reset has ended the loop already
            pass


def plug(board, config, feed):
    """Connect the board to its line, network and console. OSError if a device cannot be opened."""
    host = config["host"]
    if config["network"] == "eth":
        from host_sim.board import Cable

        board.cable = Cable(host)
    board.names = host, config["names"]
    board.spare_uart = config["plug"]
    if config["console"]:
        from host_sim.hardware.console import Console

        board.console = Console(config["console"], board.ticks_ms)
    if config["serial"]:
        from host_sim.line.serial import SerialUart

        named = config["terminal"]
        board.uart = SerialUart(config["serial"], board.ticks_ms, config["any_setting"], terminal=named)
    else:
        from host_sim.uart import Uart  # imported here, as a small heap has no room for unused modules

        board.uart = Uart(board.clock.ticks_us, feed)


def main(config, pipe):
    """Run a board with this configuration (see host_sim.__main__); the exit status."""
    # Collect often: garbage between the objects that stay would fragment a small heap.
    if hasattr(gc, "threshold"):
        gc.threshold(8192)
    gc.collect()
    if micropython and config["heap_s"]:
        account()  # before anything of the application or the board is imported
    try:
        # The application comes before the simulator's own modules: a small heap is least fragmented at the start.
        boot, App = started(config)
    except Exception as error:
        if config["sources"]:
            raise
        return crash(error)
    if boot is None:
        return _RESTART
    from host_sim.board import Board, Reset
    from host_sim.clock import Clock
    from host_sim.line.feed import Feed

    listen = config["host"], config["port"]
    feed = Feed(pipe)
    feed.line = config["line"]
    jump = app = None
    try:
        if not config["speed"]:
            from host_sim.jump import Jump, Servers

            jump = Jump(config["zero_ns"], config["start_us"], feed)
            jump.moment_ms = config["moment_ms"]
        board = Board(config["state"], listen, jump or Clock(config["speed"], config["zero_ns"]), boot)
        if config["cause"] == _WATCHDOG and not boot["rolled_back"]:
            board.reset_reason = "WATCHDOG"
        board.sites = config["sites"]
        board.time_servers = config["time_servers"]
        if jump:
            jump.servers = Servers(board.utc_ms, board.time_servers, config["time_faults"])
            board.utc_ms = lambda: None  # like a chip, which loses the time while it is off
        board.updates = config["updates"]
        board.psram = config["psram"]
        board.channel = config["channel"]
        plug(board, config, feed)
        if jump and config["outages"]:
            from host_sim.services.outages import Outages

            jump.outages = Outages(board.radio().air, config["outages"])
    except OSError as error:
        sys.stderr.write("%s: %s\n" % (config["serial"] or config["state"], error))
        return 2
    gc.collect()
    try:
        app = App(board)
        gc.collect()
        if hasattr(gc, "threshold"):
            gc.threshold(max(8192, gc.mem_free() // 8))  # as main.py
        (jump or asyncio).run(serve(board, app, feed, config["heap_s"] if micropython else 0))
    except KeyboardInterrupt:
        pass
    except Reset as reset:
        return reset.args[0]
    except Exception as error:
        if isinstance(error, OSError) and error.errno in (errno.EADDRINUSE, errno.EACCES):
            sys.stderr.write("port %d of %s is taken\n" % (listen[1], listen[0]))
            return 2
        if config["sources"]:
            raise
        return crash(error, board, app)
    finally:
        board.close()
    return 2 if board.uart.ended else 0


def crash(error, board=None, app=None):
    """Report a crash as main.py does on the chip; the exit status."""
    if hasattr(sys, "print_exception"):
        sys.print_exception(error, sys.stderr)
    else:
        sys.excepthook(type(error), error, error.__traceback__)
    try:
        if board:
            if not app:
                board.died(error)
            board.reset("CRASH")
    except SystemExit:
        pass
    return _RESTART


def start():
    """Run the board with the settings in the first line of the input; exits with its status."""
    pipe = open(0, "rb", buffering=0)
    line = pipe.readline()
    sys.exit(main(json.loads(line), pipe) if line else 0)


if __name__ == "__main__":
    start()
