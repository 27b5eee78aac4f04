"""Keeps MicroPython's event loop alive when the system has no memory for waiting.

lwIP's select needs a little memory of the system's heap. Without it, poll raises OSError in the event loop itself,
which would end the whole application. Here the error is counted, and each socket is checked separately. Tasks that
wait for a dead socket are woken, so that they get its error. Then the loop goes on.
"""
import gc
import select
import time

try:
    from asyncio import core  # type: ignore[attr-defined]  # not in the stubs
except ImportError:
    core = None  # CPython has another event loop, which does not need this

#: Pause after such an error, ms: there may be memory again then.
_PAUSE_MS = 50


class Faults:
    """Counts the errors of waiting. relieve() is called at each of them, and should free memory."""

    def __init__(self):
        #: How often waiting failed; how many sockets were found dead then.
        self.count = self.dead = 0
        self.relieve = None


def guard(faults):
    """Let asyncio's loop survive an OSError of its poll from now on, and count it in a Faults. No effect on CPython."""
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
    """Poll each socket separately. If that works for some sockets, those for which it fails are dead."""
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
        return  # it fails for all sockets: memory is missing, and no socket need be dead
    for entry in bad:
        faults.dead += 1
        queue._dequeue(entry[2])
        for task in entry[:2]:
            if task:  # it goes on with reading or writing, and gets the socket's error
                core._task_queue.push(task)
