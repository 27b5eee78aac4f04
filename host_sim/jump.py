"""Time that jumps: when the application is idle, the clock jumps to the end of the next telegram.

`make year` and `make soak` use it. Nothing is left out: the application reads every byte of every telegram, and only
the line sets the pace. A timer that is due before the next telegram fires together with it, as on a board that was
busy. If sockets are waited for, their peers get a moment of the host's time before each jump. While the line is
silent, time runs as the host's. asyncio of both interpreters takes its time from here.
"""

import asyncio
import sys
import time

from host_sim.services.timeserver import TimeServer

_REST_MS = 20  # between two looks at the line
_AHEAD_MS = 3600000


class Jump:
    """A host_sim.clock.Clock that goes on in idle() alone.

    zero_ns   time.time_ns() of its zero
    start_us  microseconds since then at the start
    feed      the host_sim.line.feed.Feed of the line
    """

    #: Host time that a peer gets for its answer. The longer the time between two telegrams is, the fewer moments
    #: there are until a request is given up.
    moment_ms = 3

    def __init__(self, zero_ns, start_us, feed):
        self._zero = zero_ns // 1000
        self._now = start_us
        self._feed = feed
        self.servers = None  # Servers, which run in this time
        self.outages = None  # host_sim.services.outages.Outages of the network, or None

    def ticks_us(self):
        """Microseconds since zero_ns."""
        return self._now

    def utc_us(self, ticks_us):
        """Unix microseconds at a tick."""
        return self._zero + ticks_us

    def idle(self, ms, peers, wait):
        """Let time go on while there is nothing to do for ms.

        peers     True if the application waits for sockets
        wait(ms)  waits for them in the host's time; true if one is ready
        """
        if self.outages:
            self.outages.look(self._now)
        if self.servers.poll():
            self._now += ms * 1000
            return
        if peers and wait(self.moment_ms):
            return
        try:
            end = self._feed.peek(self._now)
        except MemoryError:  # the reader's heap is full, but the line goes on
            end = None
        if end is None:
            before = time.time_ns()
            wait(min(ms, _REST_MS))
            self._now += (time.time_ns() - before) // 1000
        else:
            # Bytes that have arrived already are read with the next timer.
            self._now = end if end > self._now else self._now + ms * 1000

    def run(self, main):
        """asyncio.run() with this clock."""
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

        # asyncio gives tasks that it queues without a time the port's own ticks, which must never be ahead of these.
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
    """The time servers, in the board's process.

    places  [(host, port)] to listen on
    faults  [[from, to (Unix ms), fault]]: all of them have the fault at that time
    """

    def __init__(self, now_ms, places, faults):
        self._now_ms = now_ms
        self._faults = faults
        self._servers = [TimeServer(now_ms, port) for _, port in places]

    def poll(self):
        """Answer all requests; True if there was one."""
        now = self._now_ms()
        asked = False
        for server in self._servers:
            server.fault = None
            for since, until, fault in self._faults:
                if since <= now < until:
                    server.fault = fault
            try:
                asked = server.poll() or asked
            except MemoryError:  # the reader's heap is full: it answers at the next poll
                pass
        return asked


def _loop(jump):
    """An event loop of CPython with this clock."""
    from selectors import DefaultSelector

    class Selector(DefaultSelector):
        def select(self, timeout=None):
            events = DefaultSelector.select(self, 0)

            def wait(ms):
                events.extend(DefaultSelector.select(self, ms / 1000))
                return events

            if not events and timeout != 0:
                # Two are always registered: the loop's own pipe and the listener.
                jump.idle(86400000 if timeout is None else int(timeout * 1000) + 1, len(self.get_map()) > 2, wait)
            return events

    start = jump.ticks_us()  # times from 0: after half a year a float no longer resolves asyncio's nanoseconds

    class Loop(asyncio.SelectorEventLoop):
        def time(self):
            return (jump.ticks_us() - start) / 1000000

    return Loop(Selector())
