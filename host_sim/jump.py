"""Time that jumps: where the application has nothing to do, it is at once as late as when the next telegram has come.

For `make year` and `make soak`. Nothing is left out: every byte of every telegram is read, and the line is the
only pace. A timer that is due before the next telegram fires with it, as on a board that was busy; what waits for a
socket gets a moment of the host's time first, and while the line has nothing, time is the host's. Both interpreters'
asyncio asks here.
"""

import asyncio
import sys
import time

from host_sim.services.timeserver import TimeServer

_MOMENT_MS = 3  # of the host's time, for a peer to answer
_REST_MS = 20  # between two looks at the line
_AHEAD_MS = 3600000


class Jump:
    """A host_sim.clock.Clock that only goes on when told to."""

    def __init__(self, zero_ns, start_us, feed):
        self._zero = zero_ns // 1000
        self._now = start_us
        self._feed = feed
        self.servers = None  # Servers, which share this time
        self.outages = None  # host_sim.services.outages.Outages of its network, None where there are none

    def ticks_us(self):
        """Microseconds since zero_ns."""
        return self._now

    def utc_us(self, ticks_us):
        """Unix microseconds at a tick."""
        return self._zero + ticks_us

    def idle(self, ms, peers, wait):
        """Nothing to do for ms: let time go on. peers: sockets are waited for; wait(ms) looks at all of them."""
        if self.outages:
            self.outages.look(self._now)
        if self.servers.poll():
            self._now += ms * 1000
            return
        if peers and wait(_MOMENT_MS):
            return
        try:
            end = self._feed.peek(self._now)
        except MemoryError:  # as the line goes on whatever the reader does
            end = None
        if end is None:
            before = time.time_ns()
            wait(min(ms, _REST_MS))
            self._now += (time.time_ns() - before) // 1000
        else:
            # What has come already is read with the next timer.
            self._now = end if end > self._now else self._now + ms * 1000

    def run(self, main):
        """asyncio.run() in this time."""
        if sys.implementation.name == "micropython":
            self._patch()
            return asyncio.run(main)
        loop = _loop(self)
        asyncio.set_event_loop(loop)
        try:
            return loop.run_until_complete(main)
        finally:
            loop.close()

    def _patch(self):
        from asyncio import core

        # What is put in the queue without a time gets the port's, which must never be ahead of this one.
        start = time.ticks_add(time.ticks_ms(), _AHEAD_MS - self._now // 1000)

        def ticks():
            return time.ticks_add(start, self._now // 1000)

        def ready():
            task = core._task_queue.peek()
            return task is not None and time.ticks_diff(task.ph_key, ticks()) <= 0

        look = core.IOQueue.wait_io_event

        def wait_io_event(queue, ms):
            def wait(ms):
                look(queue, ms)
                return ready()

            if not wait(0) and ms:
                self.idle(ms, len(queue.map) > 1, wait)

        core.ticks = ticks
        core.IOQueue.wait_io_event = wait_io_event


class Servers:
    """Time servers in the board's process, all wrong in the same way at times: [[from, to (unix ms), fault]]."""

    def __init__(self, now_ms, places, faults):
        self._now_ms = now_ms
        self._faults = faults
        self._servers = [TimeServer(now_ms, port) for _, port in places]

    def poll(self):
        """Answer; True where somebody has asked."""
        now = self._now_ms()
        asked = False
        for server in self._servers:
            server.fault = None
            for since, until, fault in self._faults:
                if since <= now < until:
                    server.fault = fault
            try:
                asked = server.poll() or asked
            except MemoryError:  # it answers the next time, as one of the world's would now
                pass
        return asked


def _loop(jump):
    """CPython's event loop in this time."""
    from selectors import DefaultSelector

    class Selector(DefaultSelector):
        def select(self, timeout=None):
            events = DefaultSelector.select(self, 0)

            def wait(ms):
                events.extend(DefaultSelector.select(self, ms / 1000))
                return events

            if not events and timeout != 0:
                # The loop's own pipe and the listener are always there.
                jump.idle(86400000 if timeout is None else int(timeout * 1000) + 1, len(self.get_map()) > 2, wait)
            return events

    start = jump.ticks_us()  # asyncio takes times for nanoseconds, which floats are not after half a year

    class Loop(asyncio.SelectorEventLoop):
        def time(self):
            return (jump.ticks_us() - start) / 1000000

    return Loop(Selector())
