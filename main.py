"""Runs on the chip after boot.py, and is never updated: board -> application -> run."""

import asyncio
import gc
import sys
import time

#: Bytes of garbage after which to collect at least, and the part of what is free once the application has started: more
#: would break up the heap between what stays, or have it take more of the system's; and each time all that lives is
#: looked at.
_GARBAGE = 8192
_PART = 8
#: Where there is no application, or not even its board, the slots are looked at again after this time.
_AGAIN_S = 60
#: After more than so many starts in vain, safe mode's too, the next one waits so long, less than a watchdog does: each
#: start writes to flash, which wears.
_IN_VAIN = 4
_PAUSE_S = 30
#: The watchdog cannot be stopped: so long it waits for whoever types at the REPL.
_TYPING_MS = 3600000


def main(boot):
    """Serve for ever; what the application cannot handle itself starts the chip again. Ctrl-C gives the REPL."""
    gc.threshold(_GARBAGE)
    board = app = None
    try:
        from board import Board

        board = Board(boot)
        if boot["safe"]:
            from han.safe import App
        else:
            from han.app import App
        app = App(board)
        gc.collect()
        gc.threshold(max(_GARBAGE, board.heap()[1] // _PART))
        asyncio.run(app.run())
    except KeyboardInterrupt:
        import machine

        console = getattr(board, "console", None)
        if console and console.calls():  # no person: the browser that has flashed this board
            board.reset("USER")

        machine.WDT(timeout=_TYPING_MS)
        raise
    except Exception as error:
        sys.print_exception(error)
        if board:
            try:
                if not app:  # one that runs keeps itself what ends it
                    board.died(error)
            finally:
                if boot["boots"] > _IN_VAIN:
                    time.sleep(_PAUSE_S)
                board.reset("CRASH")
        import machine

        time.sleep(_AGAIN_S)
        machine.reset()


if __name__ == "__main__":
    main(BOOT)  # type: ignore[name-defined]  # noqa: F821  boot.py leaves it
