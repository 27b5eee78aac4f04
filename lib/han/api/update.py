"""Uploads and the other requests that change the update's state. Loaded for them."""
from ..ota.install import Installer
from ..ota.rules import lowest
from ..ota.state import begin, busy, clear, closed, refuse
from .server import refusal

# For verifying all of an image once more, ms.
_WORK_MS = 120000
# What a form may add to an image: heads of its parts and their other fields, bytes.
_OVERHEAD = 4096
_ONE = "this board has only one slot"
_STATUS = {"too_large": 413, "write_failed": 503}


async def serve(request, updates, messages, refusing, password):
    """The response to anything but a GET. refusing: what refuses a request without a token, else None."""
    path = request.path
    old = path == "/update"

    def answer():
        return messages.update() if old else messages.ota()

    down = "allowDowngrade=1" in (request.query_string or "").split("&")
    refused = refusing(request)
    # Released clients of /update send no token; what they send has to be newer.
    if refused and (not old or password or down):
        return refused
    if path == "/ota/activate":
        return await _activate(request, updates, answer)
    if path == "/ota/download":
        return _download(updates, answer)
    if path == "/ota/clear" or request.method == "DELETE":
        return answer() if clear(updates) else refusal(409, "not in the state " + updates.status)
    failed = await _upload(request, updates, None if down else lowest(updates, refused is not None))
    if failed:
        return failed
    return await _activate(request, updates, answer) if old else answer()


def _failure(updates):
    return refusal(_STATUS.get(updates.error, 400), "%s: %s" % (updates.error, updates.reason))


async def _upload(request, updates, least):
    """Take an image of that version at least into the other slot; the refusal, None where it is staged."""
    why = closed(updates)
    if why:
        return refusal(409, why)
    connection = request.sock
    size = len(connection.early) + connection.unread
    if not size:
        return refusal(400, "filename: no image in the request")
    try:
        installer = Installer(updates, least)
    except OSError:
        return refusal(409, _ONE)
    if size > installer.room + _OVERHEAD:
        refuse(updates, "too_large", "longer than the slot's %d bytes" % installer.room)
        return refusal(413, "too_large: longer than the slot's %d bytes" % installer.room)
    kind = request.headers.get("content-type", "")

    async def put(writer):
        from ..ota.form import receive  # here, so that nothing holds it once all has come

        await receive(connection, kind, writer, updates)

    done = await installer.take(put, "INSTALL_IN_PROGRESS", "local", size)
    return None if done else _failure(updates)


async def _activate(request, updates, answer):
    if not updates.staged or busy(updates) or updates.status == "REBOOT_PENDING":
        return refusal(409, "nothing is staged")
    request.sock.left = _WORK_MS
    try:
        done = await Installer(updates).activate()
    except OSError:
        return refusal(409, _ONE)
    return answer() if done else _failure(updates)


def _download(updates, answer):
    why = closed(updates)
    if why:
        return refusal(409, why)
    if not updates.board.updates:
        return refusal(409, "no_update: this build has no update server")
    updates.asked = bool(updates.offer)
    updates.wanted = True
    if not updates.offer:
        return refusal(409, "no_update: none is known; the update server is being asked, so try again in a moment")
    begin(updates, "DOWNLOAD_IN_PROGRESS", "cloud", updates.offer[2])
    return answer()
