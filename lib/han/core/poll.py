"""MicroPython's event loop, where the system has no memory to wait with.

lwIP's select takes a little memory of the system's heap. Where there is none, poll raises OSError out of the event loop
itself, and the whole application would end with it. Here it is counted, every socket is looked at by itself, those that
are dead are given to the tasks that wait for them, and the loop goes on.
"""
import gc
import select
import time

try:
    from asyncio import core  # type: ignore[attr-defined]  # not in the stubs
except ImportError:
    core = None  # CPython's loop is another

#: What waits a little may have its memory then, ms.
_PAUSE_MS = 50


class Faults:
    """What went wrong so far. relieve() is called where the system is out of memory: something else gives way."""

    def __init__(self):
        #: Times that waiting failed; sockets that were found dead then.
        self.count = self.dead = 0
        self.relieve = None


def guard(faults):
    """Have asyncio's loop survive what its poll raises, from now on; faults counts. Nothing to do on CPython."""
    if not core:
        return
    queue = core.IOQueue
    first = not hasattr(queue, "faults")
    queue.faults = faults
    if first:
        queue.wait_unguarded = queue.wait_io_event
        queue.wait_io_event = _wait


def _wait(queue, ms):
    try:
        queue.wait_unguarded(ms)
    except OSError:
        faults = queue.faults
        faults.count += 1
        gc.collect()
        _check(queue, faults)
        if faults.relieve:
            faults.relieve()
        time.sleep_ms(_PAUSE_MS)


def _check(queue, faults):
    """Look at each socket by itself: where some can be looked at, those that cannot are dead."""
    good, bad = [], []
    for entry in list(queue.map.values()):
        poller = select.poll()
        try:
            poller.register(entry[2], select.POLLIN | select.POLLOUT)
            poller.poll(0)
            good.append(entry)
        except OSError:
            bad.append(entry)
    if not good:
        return  # it is memory that is missing, and no socket's fault
    for entry in bad:
        faults.dead += 1
        queue._dequeue(entry[2])
        for task in entry[:2]:
            if task:  # it reads or writes now, which tells it
                core._task_queue.push(task)
