"""The states of an update, and the functions that change them. `u` is the Updates whose state it is.

IDLE                  no update is known, and none is on its way
UPDATE_AVAILABLE      the update server has a newer version
DOWNLOAD_IN_PROGRESS  an image is being downloaded, and written to the other slot as it comes
INSTALL_IN_PROGRESS   an upload is being written, or a complete image is being verified
READY_TO_REBOOT       a verified image is in the other slot; the next start is still this application
REBOOT_PENDING        the chip's loader has been told to start the other slot; the reader is about to restart
FAILED                the update has failed, `error` says why; the next start is still this application

Only REBOOT_PENDING changes what starts next. Whatever happens in another state (a power cut, a crash,
a wrong image), this application starts again. A start forgets the state, except for what boot.py tells.
Then client.py finds a staged image again where there is an update server; else it must be uploaded again.
"""

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


_PACE_MS = const(1000)  # least time between two messages of progress


def busy(u):
    """True while an image is on its way."""
    return u.status in ("DOWNLOAD_IN_PROGRESS", "INSTALL_IN_PROGRESS")


def closed(u):
    """Why no image can be taken now, in words; None where one can."""
    if busy(u):
        return "an update is on its way already"
    if u.status == "REBOOT_PENDING":
        return "the reader is about to start again"
    if not u.proven:
        return "this version is new and has not proven itself yet: try again in a minute"
    return None


def change(u, status):
    """Change the state, and publish it."""
    u.status = status
    tell(u)


def begin(u, status, source, expected):
    """An image begins to come. source: "cloud" or "local"; expected: its bytes, or the most it can have."""
    u.source = source
    u.error = u.reason = None
    u.written = 0
    u.expected = expected
    change(u, status)


def advance(u, written):
    """So many bytes of the image are in flash: publish that, at most once in a second."""
    u.written = written
    _reckon(u)
    if u.clock.uptime_ms() - u.told >= _PACE_MS:
        tell(u)


def stage(u, version):
    """The image in the other slot is verified, and can be activated."""
    u.staged = u.version = version
    u.written = u.expected
    change(u, "READY_TO_REBOOT")


def fail(u, error, reason):
    """The update has failed. error: one of the API's names; reason: the same in words."""
    u.error = error
    u.reason = reason
    change(u, "FAILED")


def refuse(u, error, reason):
    """An image was refused before the slot was touched. An image that is staged stays staged."""
    if not u.staged:
        fail(u, error, reason)


def clear(u):
    """Forget a failure. False, and no change, while an image is on its way or staged."""
    if busy(u) or u.status in ("READY_TO_REBOOT", "REBOOT_PENDING"):
        return False
    settle(u)
    return True


def settle(u):
    """Return to the state of rest: READY_TO_REBOOT, UPDATE_AVAILABLE or IDLE, by what is staged or offered."""
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
        u.progress = 100  # only for a verified image
    else:
        u.progress = min(99, u.written // ((u.expected + 99) // 100)) if u.expected else 0
    u.allowed = bool(u.offer) and not closed(u)


def tell(u):
    """Publish the state on the bus's topic 'ota'."""
    _reckon(u)
    u.told = u.clock.uptime_ms()
    u.bus.publish("ota", None)
