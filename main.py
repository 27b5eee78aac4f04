"""Runs on the chip after boot.py: board -> application -> run."""

import asyncio
import gc
import sys

from han.app import App
from board import Board

#: Bytes after which to collect, so that garbage does not break up the heap between what stays.
_GARBAGE = 8192


def main():
    """Serve for ever; what the application cannot handle itself starts the chip again. Ctrl-C gives the REPL."""
    gc.threshold(_GARBAGE)
    board = Board()
    try:
        asyncio.run(App(board).run())
    except Exception as error:
        sys.print_exception(error)
        board.reset("CRASH")


if __name__ == "__main__":
    main()
