"""What runs in the board's own process, on either interpreter: `python -m host_sim` starts it.

Its input is one line of JSON, the settings (an argument of MicroPython's has 255 bytes at most), and then nothing:
it stops when its input ends, so that it never outlives the process that started it. Exit status 0; 2 where the port
or the serial device cannot be had; host_sim.board.RESTART where the board wants to be started again.
"""

import asyncio
import errno
import gc
import json
import select
import sys

from han.app import App  # before the simulator, as a small heap is least broken up at the start
from host_sim.board import Board, Reset
from host_sim.line import plug

#: Bytes after which MicroPython collects.
_GARBAGE = 8192


def say(text):
    """A line of text for whoever started this, at once."""
    sys.stdout.write(text + "\n")
    if hasattr(sys.stdout, "flush"):
        sys.stdout.flush()


# Ends with the process that started this one.
async def _until_told_to_stop():
    poller = select.poll()
    poller.register(sys.stdin, select.POLLIN)
    while not poller.poll(0):  # nobody writes here, so whatever happens is its end
        await asyncio.sleep(0.1)


# Lives as long as the simulator; ends app.run() when it is told to.
async def serve(board, app):
    """Run the application on the board until the input ends; raises what ends the application."""
    running = asyncio.create_task(app.run())
    stopping = asyncio.create_task(_until_told_to_stop())
    try:
        while not (app.listening.is_set() or running.done() or stopping.done()):
            await asyncio.sleep(0.01)
        if app.listening.is_set():
            say("listening on http://%s:%d/" % board.listen)
        while not (running.done() or stopping.done()):
            await asyncio.sleep(0.05)
    finally:
        stopping.cancel()
        running.cancel()
        try:
            await running
        except asyncio.CancelledError:
            pass


def main(settings):
    """Run a board with these settings (see host_sim.__main__); the exit status."""
    # A small heap must not be broken up by what importing leaves behind, nor by garbage between what stays.
    if hasattr(gc, "threshold"):
        gc.threshold(_GARBAGE)
    gc.collect()
    try:
        board = Board(settings["state"], (settings["host"], settings["port"]), settings["speed"], settings["seed"])
        plug(board, settings["meter"], settings["replay"], settings["serial"], settings["any_setting"])
    except OSError as error:
        sys.stderr.write("%s: %s\n" % (settings["serial"] or settings["replay"] or settings["state"], error))
        return 2
    gc.collect()
    try:
        app = App(board)
        gc.collect()
        asyncio.run(serve(board, app))
    except KeyboardInterrupt:
        pass
    except Reset as reset:
        return reset.args[0]
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        sys.stderr.write("port %d of %s is taken\n" % (settings["port"], settings["host"]))
        return 2
    finally:
        board.close()
    return 0


if __name__ == "__main__":
    line = sys.stdin.readline()
    sys.exit(main(json.loads(line)) if line else 0)
