"""Receives the image in the body of a request: field `filename` of a form (RFC 7578), or the whole body.

The bytes are read straight into the writer's buffer. Reading ends with the body, when nothing comes for
a while, or when it takes too long. So a client that vanishes leaves nothing behind.
"""
from .rules import Wrong

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# Time limit for the whole body, ms.
_TOTAL_MS = const(900000)
#: Time limit for writing a sector, and for verifying the image, ms.
WORK_MS = 120000
_MOST_HEAD = const(1024)  # bytes


class Body:
    """The bytes of a request's body. connection: of api/http/connection.py, whose time-out ends a task that waits."""

    def __init__(self, connection, clock):
        #: Bytes that are still to come, None where that is not known.
        self.left = connection.incoming.length
        self._connection = connection
        self._clock = clock
        self._end = clock.uptime_ms() + _TOTAL_MS

    async def readinto(self, view):
        """Read bytes into a memoryview, and return their number: 0 at the end. Wrong where the body is cut short."""
        connection = self._connection
        if self._clock.uptime_ms() > self._end:
            raise Wrong("truncated", "it comes too slowly")
        connection.left = connection.idle_ms
        n = await connection.incoming.readinto(view)
        connection.left = WORK_MS
        wrong = connection.incoming.wrong
        if wrong:
            raise Wrong("too_large" if wrong[0] == 413 else "truncated", wrong[1])
        if self.left is not None:
            self.left -= n
        return n


def boundary(kind):
    """The mark between the parts of a form with this content-type; None where it is not a form.

    Wrong where a form has no boundary.
    """
    if kind.partition(";")[0].strip().lower() != "multipart/form-data":
        return None
    for parameter in kind.split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name.lower() == "boundary":
            value = value.strip('"')
            if 0 < len(value) <= 70:
                return b"\r\n--" + value.encode()
    raise Wrong("invalid_firmware", "content-type: the form has no boundary")


async def receive(connection, kind, writer, updates):
    """Put the image of a request's body into a Writer. kind: its content-type. Wrong where it is not complete."""
    body = Body(connection, updates.clock)
    mark = boundary(kind)
    if mark is None:
        while True:
            n = await body.readinto(writer.room())
            if not n:
                return
            await writer.advance(n)
    # Before each mark but the first there is an end of a line: put one before the first, too.
    writer.buf[:2] = b"\r\n"
    writer.fill = 2
    while True:
        await _until(body, writer, mark, None)
        await _take(body, writer, 2)
        if bytes(writer.buf[:2]) == b"--":
            raise Wrong("invalid_firmware", "the form has no field filename")
        head = await _head(body, writer)
        if _name(head) == b"filename":
            break
    # What follows the image: the last mark, `--` and an end of line.
    if body.left is not None:
        updates.expected = max(1, body.left + writer.fill - len(mark) - 4)
    await _until(body, writer, mark, writer.advance)


async def _until(body, writer, mark, advance):
    """Read up to the next mark. Pass the bytes before it to `advance`; without `advance` drop them and the mark."""
    keep = len(mark) - 1
    start = 0
    while True:
        at = writer.buf.find(mark, start, writer.fill)
        if at >= 0:
            break
        if advance:
            await advance(0, keep)
        else:
            writer.drop(max(0, writer.fill - keep))
        start = max(0, writer.fill - keep)
        n = await body.readinto(writer.room())
        if not n:
            raise Wrong("truncated", "the form ends before its field does")
        writer.fill += n
    if advance:
        writer.fill = at  # the rest of the form is ignored
    else:
        writer.drop(at + len(mark))


async def _take(body, writer, count):
    """Read until the buffer has at least so many bytes."""
    while writer.fill < count:
        n = await body.readinto(writer.room())
        if not n:
            raise Wrong("truncated", "the form ends within a mark")
        writer.fill += n


async def _head(body, writer):
    """The head of a form's part, as bytes; it is removed from the buffer."""
    while True:
        end = writer.buf.find(b"\r\n\r\n", 0, writer.fill)
        if 0 <= end <= _MOST_HEAD:
            break
        if end >= 0 or writer.fill > _MOST_HEAD:
            raise Wrong("invalid_firmware", "the head of a part of the form is too long")
        await _take(body, writer, writer.fill + 1)
    head = bytes(writer.buf[:end])
    writer.drop(end + 4)
    return head


def _name(head):
    """The name of a part's field from its head, as bytes; None where it has none."""
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-disposition":
            for parameter in value.split(b";")[1:]:
                key, _, text = parameter.strip().partition(b"=")
                if key.lower() == b"name":
                    return text.strip(b'"')
    return None
