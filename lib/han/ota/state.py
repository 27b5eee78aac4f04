"""The states of an update and what leads from one to another; `u` is the Updates that is in one.

IDLE                  nothing is known and nothing goes on
UPDATE_AVAILABLE      the update server has something newer
DOWNLOAD_IN_PROGRESS  it is being fetched, and written as it comes
INSTALL_IN_PROGRESS   an upload is being written; or what was written is being verified
READY_TO_REBOOT       a verified image lies in the other slot; the next start is still this one
REBOOT_PENDING        the chip has been told to start the other slot, and the reader is about to
FAILED                `error` says what of; the next start is still this one

Only REBOOT_PENDING changes what starts next, whatever happens in the others: a cut, a crash, a
wrong image. A start forgets all but what boot.py tells: a READY_TO_REBOOT is found again by
client.py where there is an update server, else it is to be uploaded again.
"""

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


_PACE_MS = const(1000)  # between two messages of progress


def busy(u):
    """True while an image is on its way."""
    return u.status in ("DOWNLOAD_IN_PROGRESS", "INSTALL_IN_PROGRESS")


def closed(u):
    """Why no image can be taken now, None where one can."""
    if busy(u):
        return "an update is on its way already"
    if u.status == "REBOOT_PENDING":
        return "the reader is about to start again"
    if not u.proven:
        return "this version is new and has not proven itself yet: try again in a minute"
    return None


def change(u, status):
    """Be in another state, and tell everybody."""
    u.status = status
    tell(u)


def begin(u, status, source, expected):
    """An image of so many bytes begins to come."""
    u.source = source
    u.error = u.reason = None
    u.written = 0
    u.expected = expected
    change(u, status)


def advance(u, written):
    """So many bytes of it are in flash."""
    u.written = written
    _reckon(u)
    if u.clock.uptime_ms() - u.told >= _PACE_MS:
        tell(u)


def stage(u, version):
    """It is verified and can be activated."""
    u.staged = u.version = version
    u.written = u.expected
    change(u, "READY_TO_REBOOT")


def fail(u, error, reason):
    """It came to nothing. error: of the API's, reason: in words."""
    u.error = error
    u.reason = reason
    change(u, "FAILED")


def refuse(u, error, reason):
    """One was refused before it touched the slot: what is staged stays so."""
    if not u.staged:
        fail(u, error, reason)


def clear(u):
    """Forget a failure; False where there is something to be kept."""
    if busy(u) or u.status in ("READY_TO_REBOOT", "REBOOT_PENDING"):
        return False
    settle(u)
    return True


def settle(u):
    """Be in the state that what is known leads to."""
    u.error = u.reason = None
    if u.staged:
        u.version = u.staged
        return change(u, "READY_TO_REBOOT")
    u.written = u.expected = 0
    u.version = u.offer and u.offer[0]
    u.source = "cloud" if u.offer else None
    change(u, "UPDATE_AVAILABLE" if u.offer else "IDLE")


def _reckon(u):
    if u.staged and not busy(u):
        u.progress = 100  # only for what has been verified
    else:
        u.progress = min(99, u.written // ((u.expected + 99) // 100)) if u.expected else 0
    u.allowed = bool(u.offer) and not closed(u)


def tell(u):
    """Something of it has changed."""
    _reckon(u)
    u.told = u.clock.uptime_ms()
    u.bus.publish("ota", None)
