"""Answers for <hostname>.local on Ethernet (RFC 6762). MicroPython answers on WiFi only. Imported if Ethernet is up."""
import select
import socket

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# Most datagrams in one turn; most bytes of a query; most questions looked at; most labels and pointers of a name.
_TURN = const(8)
_LARGEST = const(512)
_QUESTIONS = const(16)
_LABELS = const(32)
_HEADER = const(12)
_A = const(1)
_AAAA = const(28)
_ANY = const(255)


class Names:
    """Answers for the board's hostname while Ethernet is up and WiFi is off: WiFi's own responder needs the port.

    group: (address, port) of the multicast group. If it is no multicast address, queries to it alone are answered.
    """

    def __init__(self, links, group):
        self._links = links
        self._group = group
        self._line = None
        self._told = None  # the (name, address) that it answers with

    def turn(self):
        """Open or close the socket as the links want it, and answer the queries that have come. It does not wait."""
        links = self._links
        eth, wifi = links.eth, links.wlan
        told = links.board.hostname, eth.address
        if not eth.up or wifi and wifi.settings is not None:
            self.close()
        elif self._told != told:
            self.close()
            self._told = told
            try:
                self._open(*told)
            except OSError as error:
                self._shut()  # it is tried again when there is another address
                links.log.add("network: no %s.local: %s" % (told[0], error), "warning")
        if self._line:
            self._answer()

    def _open(self, name, address):
        host, port = self._group
        self._line = line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        line.setblocking(False)
        own = bytes([int(part) for part in address.split(".")])
        group = bytes([int(part) for part in host.split(".")])
        multicast = group[0] >= 224
        line.bind(_place("0.0.0.0" if multicast else host, port))
        if multicast:
            line.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group + own)
        self._all = _place(host, port)
        self._poll = select.poll()
        self._poll.register(line, select.POLLIN)
        self._name = labels(name)
        self._own = own
        self._send(reply(self._name, own), self._all)  # hosts that asked before know it at once

    def _answer(self):
        for _ in range(_TURN):
            if not self._poll.poll(0):
                return  # recvfrom() would take memory for a datagram even if there is none
            try:
                query, who = self._line.recvfrom(_LARGEST)
            except OSError:
                continue  # a reply could not be delivered
            unicast = wanted(query, self._name)
            if unicast is None:
                continue
            port = who[1]
            if not isinstance(who, tuple):  # MicroPython's unix port: a sockaddr
                port = who[2] << 8 | who[3]
            if port != self._group[1]:
                self._send(reply(self._name, self._own, query), who)  # the asker knows no mDNS: section 6.7
            else:
                self._send(reply(self._name, self._own), who if unicast else self._all)

    def _send(self, data, where):
        try:
            self._line.sendto(data, where)
        except OSError:
            pass  # the client will ask again

    def close(self):
        """Stop answering."""
        self._told = None
        self._shut()

    def _shut(self):
        line, self._line = self._line, None
        if line:
            line.close()


def _place(host, port):
    return socket.getaddrinfo(host, port, 0, socket.SOCK_DGRAM)[0][-1]


def labels(name):
    """The name of a host in .local as it is sent: labels in lower case, bytes."""
    name = name.lower().encode()
    return bytes((len(name),)) + name + b"\5local\0"


def reply(name, address, query=None):
    """The datagram that says that a name has this address (4 bytes), and no IPv6 address.

    query: the query of a client that knows no mDNS. The reply repeats its id and its question.
    """
    # An NSEC record says that there is no IPv6 address. Without it, some clients wait for one for seconds.
    if query:
        head = query[:2] + b"\x84\0\0\1\0\1\0\0\0\0" + name + b"\0\1\0\1\xc0\x0c"
        return head + b"\0\1\0\1\0\0\0\x0a\0\4" + address
    head = b"\0\0\x84\0\0\0\0\1\0\0\0\1" + name + b"\0\1\x80\1\0\0\0\x78\0\4" + address
    return head + b"\xc0\x0c\0\x2f\x80\1\0\0\0\x78\0\5\xc0\x0c\0\1\x40"


def wanted(query, name):
    """None when a datagram does not ask for this name's address. Else True for a unicast reply, False for multicast."""
    if len(query) < _HEADER or query[2] & 0xF8 or query[3] & 15:
        return None  # not a question
    found = None
    at = _HEADER
    for _ in range(min(query[4] << 8 | query[5], _QUESTIONS)):
        asked, at = _name(query, at)
        if asked is None or at + 4 > len(query):
            return found
        if asked == name and query[at] == 0 and query[at + 1] in (_A, _AAAA, _ANY) and query[at + 3] in (1, _ANY):
            found = bool(found is not False and query[at + 2] & 0x80)
        at += 4
    return found


def _name(data, at):
    """(the name at data[at] in lower case, the index behind it); (None, 0) when it is malformed."""
    found = b""
    end = 0
    for _ in range(_LABELS):
        if at >= len(data):
            break
        size = data[at]
        if size == 0:
            return (found + b"\0").lower(), end or at + 1
        if size < 64:
            found += data[at : at + 1 + size]
            at += 1 + size
        elif size < 0xC0 or at + 1 == len(data):
            break
        else:  # a pointer: the rest of the name is elsewhere
            end = end or at + 2
            at = (size & 63) << 8 | data[at + 1]
    return None, 0
