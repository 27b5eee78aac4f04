"""Services that the reader announces (RFC 6763). mdns.py imports it while there are any."""
from .records import ANY, LEGACY, LONG, PTR, SOON, SRV, TXT, add, labels, record, same

#: The name under which the kinds of services are found (RFC 6763, 9).
_KINDS = ("_services", "_dns-sd", "_udp")


class Services:
    """What is announced: {kind: (the kind's name, the instance's name, its port as 2 bytes, its text record)}."""

    def __init__(self):
        self.rows = {}

    def add(self, kind, instance, port, txt):
        """Add a service, or change it; see Names.announce."""
        kinds = labels(*kind.split("."))
        name = instance.encode()
        text = b"".join([bytes((len(part),)) + part for part in [part.encode() for part in txt]]) or b"\0"
        for row in self.rows.values():
            if row[3] == text:
                text = row[3]  # one device of two kinds: it takes memory once
        self.rows[kind] = kinds, bytes((len(name),)) + name + kinds, bytes((port >> 8, port & 255)), text

    def find(self, data, at, asked, host, legacy, answers, more):
        """Add the records that answer the question for type `asked` and the name at data[at]. True where there are any.

        host: the name of the reader. legacy: for a client that knows no mDNS.
        """
        if asked not in (PTR, SRV, TXT, ANY):
            return False
        pointers = asked in (PTR, ANY)
        found = False
        every = pointers and same(data, at, labels(*_KINDS))
        for row in self.rows.values():
            if every:
                add(answers, record(labels(*_KINDS), PTR, row[0], LEGACY if legacy else LONG))
            elif pointers and same(data, at, row[0]):
                pointer, place, text = told(row, host, LEGACY if legacy else None)
                add(answers, pointer)
                add(more, place, text)
            elif asked != PTR and same(data, at, row[1]):
                _, place, text = told(row, host, LEGACY if legacy else None)
                if asked != TXT:
                    add(answers, place)
                if asked != SRV:
                    add(answers, text)
            else:
                continue
            found = True
        return found


def told(row, host, ttl=None):
    """The records of a row: pointer, place (SRV) and text. ttl: s, for all of them; 0 takes them back."""
    kinds, name, port, text = row
    long, soon = (LONG, SOON) if ttl is None else (ttl, ttl)
    place = record(name, SRV, b"\0\0\0\0" + port + host, soon)
    return record(kinds, PTR, name, long), place, record(name, TXT, text, long)

