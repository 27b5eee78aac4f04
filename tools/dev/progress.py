"""Prints the current step of a long-running command to stderr, every ten seconds."""

import sys
import threading
import time

EVERY = 10  # s


class Progress:
    """`with Progress() as progress:`, then progress.tell("day 17 of 365") at each step."""

    def __init__(self, out=None, every=EVERY):
        self._out = out or sys.stderr
        self._every = every
        self._text = ""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._show, daemon=True)
        self._since = time.monotonic()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def tell(self, text):
        """Set the text of the current step."""
        self._text = text

    def _show(self):
        while not self._over.wait(self._every):
            print("%4d s: %s" % (time.monotonic() - self._since, self._text), file=self._out, flush=True)


def nobody(text):
    """A tell() that prints nothing."""
