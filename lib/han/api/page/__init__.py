"""GET / and /ui: the reader's own page, in pieces from flash. Imported for a request.

staging/page.py makes page.bin from the sources beside this file. page.bin is the whole answer as it goes
over the line: the head with its security policy, then the compressed document. A client that does not
take it compressed gets it decompressed on the way, which takes a window of 16 kB.
"""
import io
import struct

from microdot import Response

from ..http.connection import refusal
from .coding import wanted

try:
    from deflate import GZIP, DeflateIO

    def unpacked(file):
        """A stream that reads a compressed document decompressed. Its window is WINDOW of staging/page.py."""
        return DeflateIO(file, GZIP, 14)

except ImportError:
    from gzip import GzipFile

    def unpacked(file):
        """A stream that reads a compressed document decompressed."""
        return GzipFile(fileobj=file)


# Bytes read and sent at once. The head fits into one such piece.
_CHUNK = 1024
# Time for a client to take a piece, ms.
_PATIENCE = 4000


def _open():
    """page.bin as a stream. If the application is frozen into a firmware without files, the same bytes from a module.

    ImportError when the firmware was built without the page.
    """
    try:
        return open(__file__.rsplit("/", 1)[0] + "/page.bin", "rb")
    except OSError:
        from .pagedata import DATA  # type: ignore[import-not-found]  # made for a frozen image

        return io.BytesIO(DATA)


def _begin(file, coding):
    """(head, stream of the document) for a coding, "gzip" or "identity"."""
    head = file.read(_CHUNK)
    head = head[: head.find(b"\r\n\r\n") + 4]
    if coding == "gzip":
        file.seek(len(head))
        return head, file
    file.seek(-4, 2)
    size = struct.unpack("<I", file.read(4))[0]  # gzip ends with the size of the document
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
    """Answer with the page; 304 if the browser has it already, 406 if it takes the page in neither coding."""
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
            piece = source.read(_CHUNK)  # before the head: if memory is out, nothing has been sent yet
            await send(head, _PATIENCE)
            while piece:
                await send(piece, _PATIENCE)
                piece = source.read(_CHUNK)
    return Response.already_handled
