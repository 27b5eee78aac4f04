"""The network's links, and the one place that decides that a link is down.

This part always runs. While everything is as the configuration wants it, it only looks. For everything
else it imports policy.py. Nothing here waits. Nothing here ever restarts the reader: a link that is down
is tried for ever.
"""
import asyncio

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# A link is down after so many unanswered questions in a row, if its gateway used to answer.
_SILENT = const(3)
# How often online.py checks whether the network leads anywhere, s. How soon it does so after a network has come up, s.
_ERRAND = const(60)
_SOON = const(3)
# Patterns of the light: eight steps of 250 ms, the lowest bit first. All is well; there is a network, but no reading
# for _READING ms; there is no network; setup mode is open; somebody wants to know which reader this is.
_WELL = const(0xFF)
_SILENCE = const(0x77)
_READING = const(60000)
_NO_NETWORK = const(0x0F)
_SETUP = const(0x55)
_BLINK = const(0x33)
#: The address of a link that is down.
_NOWHERE = "0.0.0.0"
# Values of LAN.status(), see Link.diagnosis.
_DISCONNECTED = const(4)
_INITIALIZED = const(0)
_GOT_IP = const(5)


class Link:
    """One interface and what is known of it. Times are s of uptime."""

    settings = None  # those it runs with (Attempts._settings); None while it is off
    up = False
    address = _NOWHERE
    rssi = None  # dBm, while WiFi is up
    error = None  # why it is not up, text
    missed = 0  # questions in a row that its gateway has not answered
    proven = False  # its gateway has answered since the link came up
    known = False  # it has been up with these settings
    # For attempts.py: when the next step is due; True while an attempt goes on; failed attempts in a row.
    due = 0
    trying = False
    tried = 0
    code = None  # the last value of status() that says what went wrong

    def __init__(self, name, nic, now):
        self.name = name  # "eth" or "wifi"
        self.network = nic
        self.since = now  # when it came up, went down or was started

    def look(self, now):
        """Look at the interface. True when the link has come up, gone down or got another address."""
        was, before = self.up, self.address
        try:
            problem = self.diagnosis()
        except (OSError, RuntimeError) as error:
            problem = str(error)
        self.error = problem
        self.up = problem is None
        if self.up:
            if was:
                return self.address != before
            self.known = True
            self.proven = False
            self.missed = 0
            self.tried = 0
            self.code = None
        else:
            self.address = _NOWHERE
            if not was:
                return False
        self.since = now
        return True

    def diagnosis(self):
        """Why the link is down, as text; None when it is up. OSError: it is down as well.

        This is the one place that decides that a link is down.
        1. WiFi is not connected: the access point is gone, has another channel or password, or has
           not been found yet. status() tells which.
        2. WiFi is connected, but has no address: DHCP has stopped answering. The port calls that
           connected.
        3. WiFi is connected and has an address, but the driver knows no access point: a ghost. Asking
           for the rssi then raises OSError.
        4. All of this looks well, but the gateway used to answer and does not answer any more.
        5. Ethernet has no address: there is no cable, or no DHCP. The port forgets a leased address when
           the cable is pulled. It keeps a fixed address, so there its last event, status(), tells. But
           until version 1.27 the port takes WiFi's events for Ethernet's (WiFi's "got an address" for
           "started", "lost it" for "stopped"), so those two change nothing here.
        Another address than before does not mean that the link is down: look() reports that change.
        """
        nic = self.network
        address = nic.ifconfig()[0]
        if self.name == "eth":
            if address == _NOWHERE:
                return "no cable, or no address by DHCP"
            if self.settings and self.settings[0]["m"] == "static":
                status = nic.status()
                if status in (_DISCONNECTED, _INITIALIZED) or not self.up and status < _GOT_IP:
                    return "no cable, or no address by DHCP"
        elif not nic.isconnected():
            # A code that says what went wrong is kept, even while it is being tried again.
            code = nic.status()
            if self.code is None or code < 1000 and code != 8:
                self.code = code
            return "not connected"
        elif address == _NOWHERE:
            return "no address by DHCP"
        else:
            self.rssi = nic.status("rssi")
        if self.missed >= _SILENT:
            return "the gateway does not answer any more"
        self.address = address
        return None


class Links:
    """The task `network`. report(service, status, health, error) takes rows of /health; restart is App.restart."""

    eth = None
    wlan = None  # made when it is first needed, as the radio takes memory
    #: The open setup mode, see setup.py; None while it is closed.
    setup = None
    #: The last scan (scan.py), for as long as somebody may ask for it.
    scan = None
    lost = 0  # since when there is no network, s of uptime; None while there is one
    known = False  # there has been a network since the start
    online = False  # an internet service has answered lately
    button = None  # the tick at which the button was pressed, see button.py
    #: Function that is asked whether a press of the button is for it, and then does not open setup mode.
    taker = None
    _blinks = 0  # until when the light blinks, s of uptime
    _policy = None  # see policy.py
    _names = None  # see mdns.py
    _due = 0  # when online.py is due
    _asking = None  # the task that runs online.py

    def __init__(self, board, clock, config, bus, log, report, restart):
        self.board = board
        self.clock = clock
        self.config = config
        self.bus = bus
        self.log = log
        self.report = report
        self.restart = restart
        #: All links that are in use, or have been.
        self.all = []
        self.memory = {}  # what online.py remembers between its runs

    # Lives as long as the application.
    async def run(self):
        """Keep the links up."""
        self.policy().begin()
        try:
            while True:
                self.turn()
                now = self.uptime_s()
                if self._asking and self._asking.done():
                    self._asking = None
                if now >= self._due and self._asking is None:
                    from .online import errand

                    self._due = now + _ERRAND
                    self._asking = asyncio.create_task(errand(self))
                # In setup mode, clients wait for the name server. Otherwise it only has to be quick for the button.
                await asyncio.sleep(0.05 if self.setup else 0.25)
        finally:
            if self._asking:
                self._asking.cancel()
            if self._names:
                self._names.close()
            if self.setup:
                self.setup.close()
                self.setup = None

    def add(self, name, nic):
        """Add a Link to an interface to `all`, and return it. name: "eth" or "wifi"."""
        link = Link(name, nic, self.uptime_s())
        self.all.append(link)
        return link

    def uptime_s(self):
        """Uptime, s."""
        return self.clock.uptime_ms() // 1000

    def scanning(self):
        """True while a scan has the radio."""
        return self.scan and self.scan.status == "SCAN_RUNNING"

    def policy(self):
        """The Policy, which changes the links. It is made when needed, and forgotten when nothing is left to change."""
        if self._policy is None:
            from .policy import Policy

            self._policy = Policy(self)
        return self._policy

    def names(self):
        """The Names, which tell hosts in the same network where the reader is. They are made when first needed."""
        if self._names is None:
            from .names.mdns import Names

            self._names = Names(self, self.board.mdns)
        return self._names

    def blink(self, seconds):
        """Let the light blink for so long, so that people see which reader this is."""
        self._blinks = self.uptime_s() + seconds

    def turn(self):
        """Look at everything, and do what is due. Called several times a second."""
        now = self.uptime_s()
        changed = False
        for link in self.all:
            if link.settings is not None and link.look(now):
                changed = True
        if self.scan and self.scan.look():
            self.scan = None
        if (changed or self._policy) and self.policy().turn(now, changed):
            self._policy = None
            self._due = now + _SOON
        board = self.board
        if self._names or self.lost is None and board.mdns:
            self.names().turn()
        ticks = board.ticks_ms()
        if self.button is not None or board.button():
            from .join.button import turn

            turn(self, ticks)
        else:
            live = self.bus.latest.get("meter")
            if now < self._blinks:
                pattern = _BLINK
            elif self.setup:
                pattern = _SETUP
            elif self.lost is not None:
                pattern = _NO_NETWORK
            elif live is None or board.ticks_diff(ticks, live.received) > _READING:
                pattern = _SILENCE
            else:
                pattern = _WELL
            board.led(bool(pattern >> (ticks // 250 & 7) & 1))

    def network(self):
        """(WiFi address, Ethernet address, rssi in dBm); "0.0.0.0" and None for a link that is down."""
        wifi, eth = self.wlan, self.eth
        return (
            wifi.address if wifi else _NOWHERE,
            eth.address if eth else _NOWHERE,
            wifi.rssi if wifi and wifi.up else None,
        )

    def is_set(self):
        """True when the configuration names a WiFi network and wants WiFi."""
        values = self.config.values
        return values["np"] != "eth" and values["w"]["e"] and bool(values["w"]["s"])

    def portal(self):
        """The reader's address in setup mode; None while setup mode is closed."""
        return self.setup and self.setup.address
