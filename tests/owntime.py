"""A clock that other programs on the machine do not disturb: the time for which this process has worked or waited.

asyncio uses it in the tests, on both interpreters, so nothing is late when the machine is busy with something else.
"""

import asyncio
import sys
import time

MICROPYTHON = sys.implementation.name == "micropython"
# What is put in MicroPython's queue without a time gets the port's, which must never be ahead of this one.
_AHEAD_MS = 3600000


class _Waited:
    """Time spent waiting for something to happen."""

    ms = 0


if MICROPYTHON:
    from asyncio import core

    def ms():
        """Milliseconds, from anywhere."""
        return int(time.clock() * 1000) + _Waited.ms

    def install():
        """Have asyncio go by this clock."""
        look = core.IOQueue.wait_io_event
        start = time.ticks_add(time.ticks_ms(), _AHEAD_MS - ms())

        def wait_io_event(queue, most):
            began = time.ticks_ms()
            look(queue, most)
            _Waited.ms += min(time.ticks_diff(time.ticks_ms(), began), most)

        core.ticks = lambda: time.ticks_add(start, ms())
        core.IOQueue.wait_io_event = wait_io_event

else:
    from selectors import DefaultSelector

    def ms():
        """Milliseconds, from anywhere."""
        return int(time.process_time() * 1000 + _Waited.ms)

    class _Selector(DefaultSelector):
        def select(self, timeout=None):
            began = time.monotonic()
            events = super().select(timeout)
            passed = time.monotonic() - began
            _Waited.ms += 1000 * (passed if timeout is None else min(passed, max(timeout, 0)))
            return events

    class _Loop(asyncio.SelectorEventLoop):
        def time(self):
            return time.process_time() + _Waited.ms / 1000

    def run(main):
        """asyncio.run() by this clock."""
        loop = _Loop(_Selector())
        asyncio.set_event_loop(loop)
        try:
            return loop.run_until_complete(main)
        finally:
            left = asyncio.all_tasks(loop)
            for task in left:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            loop.run_until_complete(loop.shutdown_asyncgens())
            asyncio.set_event_loop(None)
            loop.close()
