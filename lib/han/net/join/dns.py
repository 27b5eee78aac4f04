"""A name server that gives the reader's own address for every name (RFC 1035), in setup mode. Imported when needed."""
import socket

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# Most answers in one turn; most bytes of a datagram (clause 4.2.1).
_TURN = const(8)
_LARGEST = const(512)
_HEADER = const(12)
_NOT_IMPLEMENTED = const(4)
_FORMAT_ERROR = const(1)
_A = const(1)
_ANY = const(255)
# How long clients may keep an answer, s: hardly longer than setup mode is open.
_TTL = const(10)


def answer(query, address):
    """The datagram that answers a query; None when it is no query. address: 4 bytes."""
    if not _HEADER <= len(query) <= _LARGEST or query[2] & 0x80:
        return None
    recursion = query[2] & 1
    opcode = query[2] & 0x78
    if opcode:
        return _head(query, opcode | recursion, _NOT_IMPLEMENTED, 0, 0)
    if query[4] or query[5] != 1:
        return _head(query, recursion, _FORMAT_ERROR, 0, 0)
    at = _HEADER
    # Skip the name: labels, each behind its length.
    while at < len(query) and query[at]:
        if query[at] > 63:
            return _head(query, recursion, _FORMAT_ERROR, 0, 0)
        at += query[at] + 1
    end = at + 5
    if end > len(query) or at - _HEADER > 254:
        return _head(query, recursion, _FORMAT_ERROR, 0, 0)
    kind = query[at + 1] << 8 | query[at + 2]
    internet = query[at + 3] == 0 and query[at + 4] == 1
    if kind not in (_A, _ANY) or not internet:
        # The name exists, but has no such record. The client needs to try no other server.
        return _head(query, recursion, 0, 1, 0) + query[_HEADER:end]
    record = b"\xc0\x0c\0\x01\0\x01" + bytes((0, 0, 0, _TTL, 0, 4)) + address
    return _head(query, recursion, 0, 1, 1) + query[_HEADER:end] + record


def _head(query, flags, error, questions, answers):
    return query[:2] + bytes((0x84 | flags, 0x80 | error, 0, questions, 0, answers, 0, 0, 0, 0))


class Service:
    """The name server. where: its (host, port); address: the one that it gives, text. OSError: the port is taken."""

    def __init__(self, where, address):
        self._address = bytes([int(part) for part in address.split(".")])
        self._line = line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            line.bind(socket.getaddrinfo(where[0], where[1], 0, socket.SOCK_DGRAM)[0][-1])
            line.setblocking(False)
        except OSError:
            line.close()
            raise

    def turn(self):
        """Answer the queries that have come. It does not wait."""
        for _ in range(_TURN):
            try:
                query, who = self._line.recvfrom(_LARGEST + 1)
            except OSError:
                return  # no more queries, or an answer could not be delivered
            reply = answer(query, self._address)
            if reply:
                try:
                    self._line.sendto(reply, who)
                except OSError:
                    pass  # the client will ask again

    def close(self):
        """Stop answering."""
        self._line.close()
