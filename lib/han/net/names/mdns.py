"""The reader's own name in .local, and its services there, on all links (RFC 6762). Imported with the first network."""
import errno
import select
import socket

from .records import A, AAAA, ANY, LEGACY, SOON, add, claimed, four, host, labels, message, place, record, same, skip

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# Most datagrams in one turn; most bytes of one that are looked at; most questions.
_TURN = const(8)
_LARGEST = const(1024)
_QUESTIONS = const(16)
_HEADER = const(12)
_IP = const(0)  # the level of options; some ports have no name for it
# Steps, one a turn: the name is asked for in the first three (8.1). If nobody has it, it is the reader's from _OWN on,
# and is announced; once more at _AGAIN. A reader that has lost to another that asks, too, begins again from _YIELD.
_OWN = const(3)
_AGAIN = const(7)
_YIELD = const(-4)
# The name, then name-2 and so on: no more of them are tried.
_NAMES = const(9)
# Turns until the socket is tried again: a minute.
_RETRY = const(240)
#: A name that nobody can ask for.
_NONE = b"\xff"


class Names:
    """Answers for the board's host name, and for what is announced, while a link is up.

    group: (address, port) of the multicast group; None where the system does it. If it is no multicast address, what is
    sent to it alone is answered.
    """

    _services = None  # a Services while any is announced
    _line = None
    _told = ()  # the host name, and the addresses of the links that are up
    _wait = 0  # turns until the socket is tried again
    _step = 0
    _number = 1  # which of its names it is
    _name = _NONE  # as of labels()
    _trouble = None  # why a name is not as it should be, as text for /health

    def __init__(self, links, group):
        self._links = links
        self._group = group

    def announce(self, kind, instance, port, txt):
        """Announce a service until withdraw(), or change it.

        kind: such as "_http._tcp"; instance: its name, at most 63 bytes; txt: tuple of texts such as "path=/".
        """
        if self._services is None:
            from .services import Services

            self._services = Services()
        self._services.add(kind, instance, port, txt)
        self._step = min(self._step, _OWN)
        self._wait = 0  # if there is no socket, that is told now

    def withdraw(self, kind):
        """Take a service back, if it is announced."""
        if self._services:
            row = self._services.rows.pop(kind, None)
            if row:
                self._tell(row, 0)
            if not self._services.rows:
                self._services = None
                if self._line is None:
                    self._well()

    def turn(self):
        """Do what is due: open the socket as the links want it, answer what has come, announce. It does not wait."""
        links = self._links
        told = [links.board.hostname] + [link.address for link in links.all if link.up]
        if told != self._told:
            self._told = told
            self._wait = 0
            self._number = 1
            self._shut()
        if self._line is None:
            if self._wait:
                self._wait -= 1
            elif len(told) > 1 and self._group:
                self._try()
        if self._line:
            self._receive()
            self._go_on()

    def _try(self):
        try:
            self._open()
        except OSError as error:
            self._shut()
            self._wait = _RETRY
            # A stock image of MicroPython has a responder of its own: enough for the name, but not for services.
            if error.args[0] == errno.EADDRINUSE:
                if self._services:
                    self._complain("another program has port %d: services are not announced" % self._group[1])
            else:
                self._complain("no %s.local: %s" % (self._told[0], error))

    def _open(self):
        where, port = self._group
        multicast = int(where.split(".")[0]) >= 224
        self._line = line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        line.setblocking(False)
        self._owns = [four(address) for address in self._told[1:]]
        if multicast and hasattr(socket, "IP_MULTICAST_IF"):  # a desktop, where others listen, too
            line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            line.setsockopt(_IP, socket.IP_MULTICAST_IF, self._owns[-1])
        line.bind(place("0.0.0.0" if multicast else where, port))
        if multicast:
            for own in self._owns:
                try:
                    line.setsockopt(_IP, socket.IP_ADD_MEMBERSHIP, four(where) + own)
                except OSError as error:
                    if error.args[0] != errno.EADDRINUSE:  # a desktop's interface has joined with its other address
                        raise
        self._all = place(where, port)
        self._poll = select.poll()
        self._poll.register(line, select.POLLIN)
        self._begin()

    # Ask for the next name, from the first step on.
    def _begin(self):
        name = self._told[0]
        self._step = 0
        if self._number > _NAMES:
            self._name = _NONE
        else:
            self._name = labels(name if self._number == 1 else "%s-%d" % (name, self._number))

    def _go_on(self):
        step = self._step
        if step > _AGAIN:
            return
        self._step = step + 1
        if self._name is _NONE:
            return
        # Multicasts leave over WiFi, if it is up. It is the last of the links.
        own = self._owns[-1]
        if 0 <= step < _OWN:
            # For all that there is of the name; and for its address, as some responders do not understand the former.
            ask = b"\0\0\0\0\0\2\0\0\0\1\0\0" + self._name + b"\0\xff\x80\1\xc0\x0c\0\1\x80\1"
            self._send(ask + record(self._name, A, own, SOON, False), self._all)
        elif step in (_OWN, _AGAIN):
            if self._number == 1:
                self._well()
            address, no_other = host(self._name, own)
            self._send(message([address], [no_other]), self._all)
            if self._services:
                for row in self._services.rows.values():
                    self._tell(row)

    # Announce a row of the services, or take it back.
    def _tell(self, row, ttl=None):
        if self._line and self._step >= _OWN and self._name is not _NONE:
            from .services import told

            more = () if ttl == 0 else host(self._name, self._owns[-1])
            self._send(message(told(row, self._name, ttl), more), self._all)

    def _receive(self):
        answers = []
        more = []
        for _ in range(_TURN):
            if not self._poll.poll(0):
                break  # recvfrom() would take memory for a datagram even if there is none
            try:
                data, who = self._line.recvfrom(_LARGEST)
            except OSError:
                continue  # a reply could not be delivered
            if len(data) < _HEADER or data[2] & 0x78 or data[3] & 15:
                continue
            if data[2] & 0x80:
                self._hear(data)
            else:
                self._take(data, who, answers, more)
        if answers:
            self._send(message(answers, more), self._all)

    # A response: does somebody else have the name?
    def _hear(self, data):
        at = _HEADER
        for _ in range(data[4] << 8 | data[5]):
            at = skip(data, at)
            if not at:
                return
            at += 4
        count = (data[6] << 8 | data[7]) + (data[8] << 8 | data[9]) + (data[10] << 8 | data[11])
        other = claimed(data, at, 0, count, self._name)
        if other is None or other in self._owns:
            return
        if self._step < _OWN:
            self._number += 1
            now = " this is %s-%d.local now" % (self._told[0], self._number) if self._number <= _NAMES else ""
            self._complain("%d.%d.%d.%d has the name %s.local," % (tuple(other) + (self._told[0],)) + now)
        self._begin()  # who has had it so far will say so

    # A query: reply at once to who wants a reply alone, else add to the records that all will hear.
    def _take(self, data, who, answers, more):
        sender, port = who[0], who[1]
        if not isinstance(who, tuple):  # MicroPython's unix port: a sockaddr
            sender, port = "%d.%d.%d.%d" % tuple(who[4:8]), who[2] << 8 | who[3]
        legacy = port != self._group[1]  # the asker knows no mDNS: section 6.7
        if sender in self._told and not legacy:
            return  # the reader's own
        own = self._own(sender)
        alone = legacy or own is not self._owns[-1]
        mine, others = ([], []) if alone else (answers, more)
        direct, rest = [], []
        at = _HEADER
        asked = min(data[4] << 8 | data[5], _QUESTIONS)
        for number in range(asked):
            end = skip(data, at)
            if not end or end + 4 > len(data):
                asked = number
                break
            if not data[end] and not data[end + 2] & 0x7F and data[end + 3] in (1, ANY):
                if alone or not data[end + 2] & 0x80:
                    self._find(data, at, data[end + 1], own, legacy, mine, others)
                else:
                    self._find(data, at, data[end + 1], own, legacy, direct, rest)
            at = end + 4
        if alone and mine:
            if legacy:
                self._send(message(mine, (), data, asked, at), who)
            else:
                self._send(message(mine, others), who)
        elif direct:
            self._send(message(direct, rest), who)
        if 0 <= self._step < _OWN and asked == data[5]:
            # Does the asker want this name, too? The greater address wins (8.2).
            other = claimed(data, at, data[6] << 8 | data[7], data[8] << 8 | data[9], self._name)
            if other is not None and other not in self._owns and other > own:
                self._step = _YIELD

    # Add the records that answer the question at data[at].
    def _find(self, data, at, kind, own, legacy, answers, more):
        if self._step < _OWN or self._name is _NONE:
            return
        asked = kind in (A, AAAA, ANY) and same(data, at, self._name)
        if asked or self._services and self._services.find(data, at, kind, self._name, legacy, answers, more):
            address, no_other = host(self._name, own, LEGACY if legacy else SOON)
            add(answers if asked else more, address)
            add(more, no_other)

    # The address of the link that this host is at: the last one, unless another's network has it.
    def _own(self, sender):
        owns = self._owns
        if len(owns) > 1:
            sender = four(sender)
            for link in self._links.all:
                if link.up:
                    own, mask = [four(text) for text in link.network.ifconfig()[:2]]
                    if own in owns and all([not (own[i] ^ sender[i]) & mask[i] for i in range(4)]):
                        return owns[owns.index(own)]
        return owns[-1]

    def _send(self, data, where):
        try:
            self._line.sendto(data, where)
        except OSError:
            pass  # the client will ask again

    # What was wrong is not any more.
    def _well(self):
        if self._trouble:
            self._trouble = None
            self._links.report("names", "running", "ok")

    # Say what is wrong, once.
    def _complain(self, text):
        if text != self._trouble:
            self._trouble = text
            self._links.log.add("network: " + text, "warning")
            self._links.report("names", "running", "degraded", text)

    def close(self):
        """Take the services back, and stop answering."""
        if self._services:
            for row in self._services.rows.values():
                self._tell(row, 0)
        self._told = ()
        self._shut()

    def _shut(self):
        line, self._line = self._line, None
        if line:
            line.close()
