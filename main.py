"""Runs on the chip after boot.py, and is never updated: board -> application -> run."""

import asyncio
import gc
import sys
import time

#: Garbage is collected after so many bytes were allocated: an eighth (_PART) of the bytes that are free when the
#: application has started, but at least _GARBAGE. With more, garbage would break up the heap, or Python would take more
#: of the system's heap. With less, collections would cost too much time, as each looks at all live objects.
_GARBAGE = 8192
_PART = 8
#: Without an application, or without its board, the chip restarts after this time and looks at the slots again.
_AGAIN_S = 60
#: After more than _IN_VAIN starts that failed, also in safe mode, the next start waits _PAUSE_S: each start writes to
#: flash, which wears. The pause is shorter than the watchdog's time.
_IN_VAIN = 4
_PAUSE_S = 30
#: The watchdog cannot be stopped, but it can be given this time, for somebody who types at the REPL.
_TYPING_MS = 3600000


def main(boot):
    """Run the application for ever. An exception that it does not handle restarts the chip. Ctrl-C gives the REPL.

    boot: the dict that boot.py has left
    """
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
        if console and console.calls():  # Ctrl-C came from no person, but from the browser that has flashed this board
            board.reset("USER")

        machine.WDT(timeout=_TYPING_MS)
        raise
    except Exception as error:
        sys.print_exception(error)
        if board:
            try:
                if not app:  # an application that runs writes to the crash log itself
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
