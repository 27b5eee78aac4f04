"""The reader's own name in .local, and its services there, on all links (RFC 6762). Imported with the first network.

Most datagrams that come are about the names of others. For those that are not, and to open the socket and to announce,
responder.py is imported.
"""
try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# Most datagrams in one turn; most bytes of one that are looked at.
_TURN = const(8)
_LARGEST = const(1024)
_HEADER = const(12)


class Names:
    """Answers for the board's host name, and for what is announced, while a link is up.

    group     (address, port) of the multicast group; None where the system does it. If it is no multicast address, what
              is sent to it alone is answered
    services  a Services while any is announced
    line      the socket while it is open; poll watches it, `everybody` is the group as it takes that, `owns` are the
              addresses of the links, 4 bytes each
    host      the host name, and the addresses of the links that are up
    name      the one that the reader has or asks for, as of labels(); None: others have all. It is the number-th of its
              names
    trouble   why a name is not as it should be, as text for /health
    """

    #: Steps, one a turn: the name is asked for in the first three (8.1). If nobody has it, it is the reader's from
    #: `owned` on, and is announced; once more at `again`.
    owned, again = 3, 7

    services = line = poll = everybody = owns = name = trouble = None
    host = ()
    wait = 0  # turns until the socket is tried again
    step = 0
    number = 1

    def __init__(self, links, group):
        self.links = links
        self.group = group

    def announce(self, kind, instance, port, txt):
        """Announce a service until withdraw(), or change it.

        kind: such as "_http._tcp"; instance: its name, at most 63 bytes; txt: tuple of texts such as "path=/".
        """
        if self.services is None:
            from .services import Services

            self.services = Services()
        self.services.add(kind, instance, port, txt)
        self.step = min(self.step, self.owned)
        self.wait = 0  # if there is no socket, that is told now

    def withdraw(self, kind):
        """Take a service back, if it is announced."""
        if self.services:
            from .responder import tell, well

            row = self.services.rows.pop(kind, None)
            if row:
                tell(self, row, 0)
            if not self.services.rows:
                self.services = None
                if self.line is None:
                    well(self)

    def turn(self):
        """Do what is due: open the socket as the links want it, answer what has come, announce. It does not wait."""
        links = self.links
        told = [links.board.hostname] + [link.address for link in links.all if link.up]
        if told != self.host:
            self.host = told
            self.wait = 0
            self.number = 1
            self.shut()
        if self.line is None:
            if self.wait:
                self.wait -= 1
            elif len(told) > 1 and self.group:
                from .responder import begin

                begin(self)
        if self.line:
            self._receive()
            if self.step <= self.again:
                from .responder import go_on

                go_on(self)

    def open(self):
        """Open the socket. OSError."""
        from .responder import opened

        opened(self)

    def _receive(self):
        replies = None
        for _ in range(_TURN):
            if not self.poll.poll(0):  # type: ignore[attr-defined]  # responder.py has set it
                break  # recvfrom() would take memory for a datagram even if there is none
            try:
                data, who = self.line.recvfrom(_LARGEST)  # type: ignore[attr-defined]  # responder.py has set it
            except OSError:
                continue  # a reply could not be delivered
            if self._concerned(data):
                if not replies:
                    from .responder import Replies

                    replies = Replies(self)
                replies.take(data, who)
        if replies:
            replies.send()

    def _concerned(self, data):
        """False for a datagram without any name of the reader: each is whole where it comes first (18.14)."""
        if len(data) < _HEADER or data[2] & 0x78 or data[3] & 15 or self.name is None:
            return False
        data = data.lower()
        if _first(self.name) in data:
            return True
        return self.services is not None and (
            b"_services" in data or any([_first(row[0]) in data for row in self.services.rows.values()])
        )

    def close(self):
        """Take the services back, and stop answering."""
        if self.services and self.line:
            from .responder import tell

            for row in self.services.rows.values():
                tell(self, row, 0)
        self.host = ()
        self.shut()

    def shut(self):
        """Close the socket."""
        line, self.line = self.line, None
        if line:
            line.close()


def _first(name):
    """The first label of a name, in small letters."""
    return name[1 : 1 + name[0]].lower()
