"""What Names (mdns.py) do now and then: open their socket, ask for a name, announce, answer. Imported for that."""
import errno
import select
import socket

from .records import A, AAAA, ANY, LEGACY, SOON, add, claimed, four, host, labels, message, place, record, same, skip

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# Most questions of a datagram.
_QUESTIONS = const(16)
_HEADER = const(12)
_IP = const(0)  # the level of options; some ports have no name for it
# A reader that has lost its name to another that asks, too, begins again from this step.
_YIELD = const(-4)
# The name, then name-2 and so on: no more of them are tried.
_NAMES = const(9)
# Turns until the socket is tried again: a minute.
_RETRY = const(240)


def begin(names):
    """Open the socket of Names, or say why that is impossible."""
    try:
        names.open()
    except OSError as error:
        names.shut()
        names.wait = _RETRY
        # A stock image of MicroPython has a responder of its own: enough for the name, but not for services.
        if error.args[0] == errno.EADDRINUSE:
            if names.services:
                complain(names, "another program has port %d: services are not announced" % names.group[1])
        else:
            complain(names, "no %s.local: %s" % (names.host[0], error))


def opened(names):
    """Open the socket, and ask for the name. OSError."""
    where, port = names.group
    multicast = int(where.split(".")[0]) >= 224
    names.line = line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    line.setblocking(False)
    names.owns = [four(address) for address in names.host[1:]]
    if multicast and hasattr(socket, "IP_MULTICAST_IF"):  # a desktop, where others listen, too
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        line.setsockopt(_IP, socket.IP_MULTICAST_IF, names.owns[-1])
    line.bind(place("0.0.0.0" if multicast else where, port))
    if multicast:
        for own in names.owns:
            try:
                line.setsockopt(_IP, socket.IP_ADD_MEMBERSHIP, four(where) + own)
            except OSError as error:
                if error.args[0] != errno.EADDRINUSE:  # a desktop's interface has joined with its other address
                    raise
    names.everybody = place(where, port)
    names.poll = select.poll()
    names.poll.register(line, select.POLLIN)
    ask(names)


def ask(names):
    """Ask for the next name, from the first step on."""
    name = names.host[0]
    names.step = 0
    if names.number > _NAMES:
        names.name = None
    else:
        names.name = labels(name if names.number == 1 else "%s-%d" % (name, names.number))


def go_on(names):
    """Do what is due at the present step."""
    step = names.step
    names.step = step + 1
    if names.name is None:
        return
    # Multicasts leave over WiFi, if it is up. It is the last of the links.
    own = names.owns[-1]
    if 0 <= step < names.owned:
        # For all that there is of the name; and for its address, as some responders do not understand the former.
        query = b"\0\0\0\0\0\2\0\0\0\1\0\0" + names.name + b"\0\xff\x80\1\xc0\x0c\0\1\x80\1"
        _send(names, query + record(names.name, A, own, SOON, False), names.everybody)
    elif step in (names.owned, names.again):
        if names.number == 1:
            well(names)
        address, no_other = host(names.name, own)
        _send(names, message([address], [no_other]), names.everybody)
        if names.services:
            for row in names.services.rows.values():
                tell(names, row)


def tell(names, row, ttl=None):
    """Announce a row of the services, or take it back (ttl 0)."""
    if names.line and names.step >= names.owned and names.name is not None:
        from .services import told

        more = () if ttl == 0 else host(names.name, names.owns[-1])
        _send(names, message(told(row, names.name, ttl), more), names.everybody)


def _send(names, data, where):
    try:
        names.line.sendto(data, where)
    except OSError:
        pass  # the client will ask again


def well(names):
    """What was wrong is not any more."""
    if names.trouble:
        names.trouble = None
        names.links.report("names", "running", "ok")


def complain(names, text):
    """Say what is wrong, once."""
    if text != names.trouble:
        names.trouble = text
        names.links.log.add("network: " + text, "warning")
        names.links.report("names", "running", "degraded", text)


class Replies:
    """What Names say to the datagrams of one turn."""

    def __init__(self, names):
        self._names = names
        self._answers = []
        self._more = []

    def take(self, data, who):
        """Take a datagram. Replies that all may hear wait for send()."""
        if data[2] & 0x80:
            self._hear(data)
        else:
            self._take(data, who, self._answers, self._more)

    def send(self):
        """Send what waits."""
        if self._answers:
            _send(self._names, message(self._answers, self._more), self._names.everybody)

    # A response: does somebody else have the name?
    def _hear(self, data):
        names = self._names
        at = _HEADER
        for _ in range(data[4] << 8 | data[5]):
            at = skip(data, at)
            if not at:
                return
            at += 4
        count = (data[6] << 8 | data[7]) + (data[8] << 8 | data[9]) + (data[10] << 8 | data[11])
        other = claimed(data, at, 0, count, names.name)
        if other is None or other in names.owns:
            return
        if names.step < names.owned:
            names.number += 1
            now = " this is %s-%d.local now" % (names.host[0], names.number) if names.number <= _NAMES else ""
            complain(names, "%d.%d.%d.%d has the name %s.local," % (tuple(other) + (names.host[0],)) + now)
        ask(names)  # who has had it so far will say so

    # A query: reply at once to who wants a reply alone, else add to the records that all will hear.
    def _take(self, data, who, answers, more):
        names = self._names
        sender, port = who[0], who[1]
        if not isinstance(who, tuple):  # MicroPython's unix port: a sockaddr
            sender, port = "%d.%d.%d.%d" % tuple(who[4:8]), who[2] << 8 | who[3]
        legacy = port != names.group[1]  # the asker knows no mDNS: section 6.7
        if sender in names.host and not legacy:
            return  # the reader's own
        own = self._own(sender)
        alone = legacy or own is not names.owns[-1]
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
                _send(names, message(mine, (), data, asked, at), who)
            else:
                _send(names, message(mine, others), who)
        elif direct:
            _send(names, message(direct, rest), who)
        if 0 <= names.step < names.owned and asked == data[5]:
            # Does the asker want this name, too? The greater address wins (8.2).
            other = claimed(data, at, data[6] << 8 | data[7], data[8] << 8 | data[9], names.name)
            if other is not None and other not in names.owns and other > own:
                names.step = _YIELD

    # Add the records that answer the question at data[at].
    def _find(self, data, at, kind, own, legacy, answers, more):
        names = self._names
        if names.step < names.owned:
            return
        asked = kind in (A, AAAA, ANY) and same(data, at, names.name)
        if asked or names.services and names.services.find(data, at, kind, names.name, legacy, answers, more):
            address, no_other = host(names.name, own, LEGACY if legacy else SOON)
            add(answers if asked else more, address)
            add(more, no_other)

    # The address of the link that this host is at: the last one, unless another's network has it.
    def _own(self, sender):
        owns = self._names.owns
        if len(owns) > 1:
            sender = four(sender)
            for link in self._names.links.all:
                if link.up:
                    own, mask = [four(text) for text in link.network.ifconfig()[:2]]
                    if own in owns and all([not (own[i] ^ sender[i]) & mask[i] for i in range(4)]):
                        return owns[owns.index(own)]
        return owns[-1]
