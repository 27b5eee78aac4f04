"""Uploads of images, and the other requests that change the state of an update. Imported for such a request."""
import asyncio

from ...ota.form import receive
from ...ota.install import Installer
from ...ota.rules import lowest
from ...ota.state import begin, busy, clear, closed, refuse
from ..http.connection import refusal
from ..messages.ota import answer
from ..config.permit import foreign, trusted

# Time to verify a whole image once more, ms.
_WORK_MS = 120000
# Time in which streams that are ended give their memory back, s.
_GIVE_WAY = 0.3
# Bytes that a form may add to an image: the heads of its parts, and its other fields.
_OVERHEAD = 4096
_ONE = "this board has only one slot"
_STATUS = {"too_large": 413, "write_failed": 503}


async def serve(app, request):
    """Answer a request to one of these paths that is not a GET."""
    refused = foreign(request)
    if refused:
        return refused
    updates = app.updates
    path = request.path
    old = path == "/update"
    down = "allowDowngrade=1" in (request.query_string or "").split("&")
    refused = trusted(app, request)
    # Released clients of /update send no token. Without one, the image has to be newer.
    if refused and (not old or app.config.get("pw") or down):
        return refused
    if path == "/ota/download":
        failed = _download(updates)
    elif path == "/ota/clear" or request.method == "DELETE":
        failed = None if clear(updates) else refusal(409, "not in the state " + updates.status)
    else:
        failed = None
        if not app.plenty(True):
            await asyncio.sleep(_GIVE_WAY)
        if path != "/ota/activate":
            failed = await _upload(request, updates, None if down else lowest(updates, refused is not None))
        if not failed and path != "/ota":
            failed = await _activate(request, updates)
    return failed or answer(app, path)


def _failure(updates):
    return refusal(_STATUS.get(updates.error, 400), "%s: %s" % (updates.error, updates.reason))


async def _upload(request, updates, least):
    """Take an image of version `least` or newer into the other slot. Returns a refusal; None when it is staged."""
    why = closed(updates)
    if why:
        return refusal(409, why)
    connection = request.sock
    incoming = connection.incoming
    size = incoming.length
    if size == 0:
        return refusal(400, "filename: no image in the request")
    try:
        installer = Installer(updates, least)
    except OSError:
        return refusal(409, _ONE)
    incoming.most = installer.room + _OVERHEAD
    if size is None:
        size = installer.room  # in chunks: the size is not known before the end
    elif size > incoming.most:
        refuse(updates, "too_large", "longer than the slot's %d bytes" % installer.room)
        return refusal(413, "too_large: longer than the slot's %d bytes" % installer.room)
    kind = request.headers.get("content-type", "")

    async def put(writer):
        await receive(connection, kind, writer, updates)

    done = await installer.take(put, "INSTALL_IN_PROGRESS", "local", size)
    return None if done else _failure(updates)


async def _activate(request, updates):
    """Make the staged image run next. Returns a refusal; None when it will run."""
    if not updates.staged or busy(updates) or updates.status == "REBOOT_PENDING":
        return refusal(409, "nothing is staged")
    request.sock.left = _WORK_MS
    try:
        done = await Installer(updates).activate()
    except OSError:
        return refusal(409, _ONE)
    return None if done else _failure(updates)


def _download(updates):
    """Begin a download. Returns a refusal; None when it has begun."""
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
    return None
