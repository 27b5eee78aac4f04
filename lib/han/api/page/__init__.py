"""GET / and /ui: the reader's own page, in pieces from flash. Imported for a request.

page.bin, made by staging/page.py from the sources beside this file, is the whole answer as it goes
over the line: the head with its security policy, then the document, compressed. Who does not take
it so gets it decompressed on the way, which takes a window of 16 kB.
"""
import io
import struct

from microdot import Response

from ..http.connection import refusal
from .coding import wanted

try:
    from deflate import GZIP, DeflateIO

    def unpacked(file):
        """What reads a compressed document decompressed; the window is that of staging/page.py."""
        return DeflateIO(file, GZIP, 14)

except ImportError:
    from gzip import GzipFile

    def unpacked(file):
        """What reads a compressed document decompressed."""
        return GzipFile(fileobj=file)


# Bytes read and sent at once; the head fits one.
_CHUNK = 1024
# For a client to take a piece, ms.
_PATIENCE = 4000


def _open():
    """The file, or the same bytes where the application is frozen into a firmware without files."""
    try:
        return open(__file__.rsplit("/", 1)[0] + "/page.bin", "rb")
    except OSError:
        from .pagedata import DATA  # type: ignore[import-not-found]  # made for a frozen image

        return io.BytesIO(DATA)


def _begin(file, coding):
    """The head for a coding, and what the document is read from."""
    head = file.read(_CHUNK)
    head = head[: head.find(b"\r\n\r\n") + 4]
    if coding == "gzip":
        file.seek(len(head))
        return head, file
    file.seek(-4, 2)
    size = struct.unpack("<I", file.read(4))[0]  # which ends what is compressed
    file.seek(len(head))
    lines = []
    for line in head.split(b"\r\n"):
        if line[:5] == b"ETag:":
            line = line[:-1] + b'-identity"'
        elif line[:15] == b"Content-Length:":
            line = b"Content-Length: %d" % size
        if line[:17] != b"Content-Encoding:":
            lines.append(line)
    return b"\r\n".join(lines), unpacked(file)


async def serve(app, request):
    """Answer with the page, or 304 where the browser has it; 406 where it may be neither compressed nor as it is."""
    headers = request.headers
    coding = wanted(headers.get("accept-encoding"))
    if coding is None:
        return refusal(406, "accept-encoding must allow gzip or identity")
    try:
        file = _open()
    except ImportError:
        return refusal(404, "this firmware was built without its page")
    with file:
        head, source = _begin(file, coding)
        start = head.find(b'"')
        etag = head[start : head.find(b'"', start + 1) + 1]
        send = request.sock.send
        known = headers.get("if-none-match", "")
        if etag.decode() in known or known == "*":
            head = (
                b"HTTP/1.1 304 Not Modified\r\nCache-Control: no-cache\r\nConnection: close\r\n"
                b"Vary: Accept, Accept-Encoding\r\nETag: %s\r\n\r\n"
            )
            await send(head % etag, _PATIENCE)
        elif request.method == "HEAD":
            await send(head, _PATIENCE)
        else:
            piece = source.read(_CHUNK)  # where there is no memory for it, nothing has been said yet
            await send(head, _PATIENCE)
            while piece:
                await send(piece, _PATIENCE)
                piece = source.read(_CHUNK)
    return Response.already_handled
