"""GET / and /ui: the reader's own page, in pieces from flash. Imported for a request and released after it.

page.bin, made by tools/page.py from the sources beside this file, is the whole answer as it goes
over the line: the head with its security policy, then the document, compressed.
"""
import io

from microdot.microdot import Response

from ..connection import refusal

# Bytes read and sent at once; the head fits one.
_CHUNK = 1024
# For a client to take a piece, ms.
_PATIENCE = 4000


def _open():
    """The file, or the same bytes where the application is frozen into a firmware without files."""
    try:
        return open(__file__.rsplit("/", 1)[0] + "/page.bin", "rb")
    except OSError:
        from .pagedata import DATA  # type: ignore[import-not-found]

        return io.BytesIO(DATA)


async def serve(app, request):
    """Answer with the page, or 304 where the browser has it. Every browser takes it compressed: else 406."""
    headers = request.headers
    accepted = headers.get("accept-encoding", "*")
    if "gzip" not in accepted and "*" not in accepted:
        return refusal(406, "accept-encoding must allow gzip")
    try:
        file = _open()
    except ImportError:
        return refusal(404, "this firmware was built without its page")
    with file:
        piece = file.read(_CHUNK)
        end = piece.find(b"\r\n\r\n") + 4
        start = piece.find(b'"')
        etag = piece[start : piece.find(b'"', start + 1) + 1]
        send = request.sock.send
        if etag.decode() in headers.get("if-none-match", ""):
            head = b"HTTP/1.1 304 Not Modified\r\nCache-Control: no-cache\r\nConnection: close\r\nETag: %s\r\n\r\n"
            await send(head % etag, _PATIENCE)
        elif request.method == "HEAD":
            await send(piece[:end], _PATIENCE)
        else:
            while piece:
                await send(piece, _PATIENCE)
                piece = file.read(_CHUNK)
    return Response.already_handled
