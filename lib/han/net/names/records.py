"""Names and records of DNS as bytes (RFC 1035, 4.1; RFC 6762, 18), for mdns.py and services.py."""
import socket

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# Most labels and pointers of a name.
_LABELS = const(32)
#: Types of records that are told here, and the one that asks for all.
A = 1
PTR = 12
TXT = 16
AAAA = 28
SRV = 33
ANY = 255
_NSEC = const(47)
#: How long hosts may keep a record, s: addresses and places; names and texts; all, for a client that knows no mDNS.
SOON = 120
LONG = 4500
LEGACY = 10


def labels(*parts):
    """A name in .local as it is sent: labels, each behind its length, and an empty one."""
    return b"".join([bytes((len(part),)) + part for part in [part.encode() for part in parts]]) + b"\5local\0"


def same(data, at, name):
    """True when the name at data[at] is `name`, as of labels(), whatever its case. Malformed: False."""
    index = 0
    for _ in range(_LABELS):
        if at + 1 >= len(data):
            return at < len(data) and not data[at] and not name[index]
        size = data[at]
        if size >= 0xC0:  # a pointer: the rest of the name is elsewhere
            at = (size & 63) << 8 | data[at + 1]
            continue
        if name[index] != size:
            return False
        if not size:
            return True
        at += 1
        index += 1
        if data[at : at + size].lower() != name[index : index + size].lower():
            return False
        at += size
        index += size
    return False


def skip(data, at):
    """The index behind the name at data[at]; 0 when it is malformed."""
    for _ in range(_LABELS):
        if at >= len(data):
            break
        size = data[at]
        if size >= 0xC0:
            return at + 2
        if size > 63:
            break
        at += size + 1
        if not size:
            return at
    return 0


def record(name, kind, data, ttl, alone=True):
    """A record of the Internet as bytes. ttl: s, 0 takes it back. alone: the reader is the only one that has it."""
    # Of those, hosts forget what they have kept (RFC 6762, 10.2). Clients that know no mDNS do not understand that bit.
    flush = 0x80 if alone and kind != PTR and ttl != LEGACY else 0
    return name + bytes((0, kind, flush, 1, 0, 0, ttl >> 8, ttl & 255, len(data) >> 8, len(data) & 255)) + data


def host(name, address, ttl=SOON):
    """(record of the address, record that says that there is no other) of a host. address: 4 bytes."""
    # Without the second (NSEC), some clients wait for an IPv6 address for seconds.
    return record(name, A, address, ttl), record(name, _NSEC, name + b"\0\1\x40", ttl)


def message(answers, more, query=None, questions=0, end=12):
    """The datagram with these records, of which `more` are those that nobody has asked for.

    query: the query of a client that knows no mDNS; the reply repeats its id and its questions, which end at `end`.
    """
    head = b"\0\0\x84\0\0\0" if query is None else query[:2] + b"\x84\0" + bytes((0, questions))
    more = [one for one in more if one not in answers]
    head += bytes((0, len(answers), 0, 0, 0, len(more)))
    return head + (query[12:end] if query else b"") + b"".join(answers) + b"".join(more)


def add(records, *others):
    """Add records to a list, without those that it has."""
    for one in others:
        if one not in records:
            records.append(one)


def claimed(data, at, first, count, name):
    """The address (4 bytes) that the records at data[at] give to a name; None where they give none.

    Of the records, the first ones are passed over, `count` others are looked at.
    """
    for number in range(first + count):
        end = skip(data, at)
        if not end or end + 10 > len(data):
            return None
        size = data[end + 8] << 8 | data[end + 9]
        if number >= first and size == 4 and end + 14 <= len(data):
            # Type A, class Internet; one with a ttl of 0 is taken back.
            if data[end : end + 2] == b"\0\1" and data[end + 3] == 1 and data[end + 4 : end + 8] != b"\0\0\0\0":
                if same(data, at, name):
                    return bytes(data[end + 10 : end + 14])
        at = end + 10 + size
    return None


def four(address):
    """The four bytes of an IPv4 address, text."""
    return bytes([int(part) for part in address.split(".")])


def place(address, port):
    """What a socket for datagrams takes for an address and a port."""
    return socket.getaddrinfo(address, port, 0, socket.SOCK_DGRAM)[0][-1]
