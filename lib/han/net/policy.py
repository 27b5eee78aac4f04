"""What is done about the network: which links there are to be, attempts to connect, new settings on trial, setup mode.

Imported by links.py while something is not, or may not be, as the configuration wants it. What
has to outlive that is kept in the Links and their Link objects.
"""
from ..core.modules import release
from .links import Link

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# All in seconds. To get an address, until the next attempt; the longest pause between two.
_ATTEMPT = const(20)
_LONGEST = const(60)
# A link that went down may come back by itself.
_PATIENCE = const(5)
# Ethernet with a cable but no address, or a PHY that hangs: how long before it is started anew.
_CABLE = const(60)
# "auto": without Ethernet for so long WiFi is started, with it for so long it is stopped.
_FALL_BACK = const(8)
_GO_BACK = const(30)
# Setup opens by itself: with nothing set, and without a network for so long; closes again.
_UNSET = const(10)
_LOST = const(600)
_CLOSE = const(60)
# New settings are applied when the answer to who made them is out, and have to work by then.
_APPLY = const(2)
_PROVE = const(60)


class Policy:
    """One turn after the other until nothing is left to be done. Times are s of uptime."""

    def __init__(self, links):
        self._links = links
        self._config = links.config
        self._asked = None  # until when somebody wants setup mode
        self._retry = 0  # when setup mode may be opened again
        self._apply = None  # when new settings are to be applied
        self._trial = None  # until when they have to work
        self._held = 0  # until when a scan needs the radio
        self._note = None  # what became of the last new settings, and until when it is told
        self._told = 0
        self._code = self._words = None  # why WiFi does not connect, as a number and as text

    def begin(self):
        """The reader has started."""
        links = self._links
        board = links.board
        board.set_hostname(board.hostname)
        if links.eth is None:
            links.eth = self._make("eth", board.lan)
        links.lost = links.uptime_s()
        if board.button():
            links.button = -1  # it is stuck, or it is no button
        if "older" in self._config.values:
            self._trial = links.lost + _PROVE  # these had not had their time before

    def turn(self, now, changed):
        """Do what is due; changed: some link has come, gone or got another address. True: nothing is left."""
        links = self._links
        before = [link.address for link in links.all]
        first = not links.known
        busy = bool(links.setup and links.setup.full())
        wanted = links.all
        if self._apply is None or now >= self._apply:
            self._apply = None
            wanted = self._keep(now, busy)
        if changed or before != [link.address for link in links.all]:
            if not first or links.setup:  # that all begins as it should is not worth a word
                up = ["%s %s" % (link.name, link.address) for link in links.all if link.up]
                links.log.add("network: " + (", ".join(up) or "none"), "info" if up else "warning")
            links.bus.publish("state", None)
        if self._trial is not None:
            self._prove(now)
        self._tend(now, busy)
        if links.setup:
            links.setup.turn()
        if now >= self._told:
            self._note = None
        self._tell()
        for link in wanted:
            # With "auto" WiFi does where there is no Ethernet; the Links look whether it comes.
            if not link.up and (link.name != "eth" or self._config.values["np"] != "auto"):
                return False
        idle = self._trial is None and self._asked is None and not self._note
        return idle and links.lost is None and not links.setup and not links.scanning() and self._settled()

    def _settled(self):
        """False while WiFi is to be stopped soon, for Ethernet is there."""
        eth = self._links.eth
        wifi = self._links.wlan
        return not (self._runs(wifi) and self._config.values["np"] == "auto" and eth and eth.up)

    # Links

    def _keep(self, now, busy):
        """Start, stop and try as is wanted; the links that are."""
        links = self._links
        wanted = self._wanted(now)
        for link in links.all:
            if now < self._held and not link.up and link.name != "eth":
                continue  # a scan has the radio
            if link not in wanted:
                if link.settings is not None:
                    self._stop(link, now)
                continue
            settings = self._settings(link)
            if link.settings != settings:
                if link.settings is not None:
                    self._stop(link, now)
                link.settings = settings
                link.since = now
                link.known = link.trying = False
                link.tried = 0
                link.code = None
                self._begin(link, now)
                link.look(now)
            elif not link.up:
                self._tend_to(link, now, busy)
        if [link for link in links.all if link.up]:
            links.lost = None
            links.known = True
        elif links.lost is None:
            links.lost = now
        return wanted

    def _wanted(self, now):
        values = self._config.values
        policy = values["np"]
        links = self._links
        eth = links.eth if values["e"]["e"] and policy != "sta" else None
        wifi = links.is_set()
        if policy == "auto" and eth and wifi:
            if eth.up:
                wifi = now - eth.since < _GO_BACK and self._runs(links.wlan)
            elif now - eth.since < _FALL_BACK:
                wifi = self._runs(links.wlan)
        return [link for link in (eth, wifi and self.radio()) if link]

    @staticmethod
    def _runs(link):
        return link is not None and link.settings is not None

    def _make(self, name, door, *kind):
        """A link to what a door of the board gives, None where it gives nothing."""
        links = self._links
        try:
            nic = door(*kind)
        except (OSError, RuntimeError) as error:
            links.log.add("network: no %s: %s" % (name, error), "warning")
            return None
        if nic is None:
            return None
        link = Link(name, nic, links.uptime_s())
        links.all.append(link)
        return link

    def radio(self):
        """The link over WiFi; None where the board has none, or no memory for it now."""
        links = self._links
        if links.wlan is None:
            links.wlan = self._make("wifi", links.board.wlan, "sta")
        return links.wlan

    def _settings(self, link):
        """What a link is to run with: its addresses; for WiFi then what connect() takes."""
        values = self._config.values
        if link.name == "eth":
            return (values["e"]["n"],)
        w = values["w"]
        return (w["n"], w["s"], w["p"]) if w["w"] and w["p"] else (w["n"], w["s"])

    def _begin(self, link, now):
        """Switch it on."""
        link.due = now + (_CABLE if link.name == "eth" else 1)
        nic = link.network
        try:
            nic.active(True)
            network = link.settings[0]
            if network["m"] == "static":
                nic.ifconfig((network["i"], network["s"], network["g"], network["d1"]))
            else:
                nic.ipconfig(dhcp4=True)
            if link.name != "eth":
                # Trying for ever and at once, as the port does, would leave no time for the access point of setup.
                nic.config(reconnects=2)
        except (OSError, RuntimeError, ValueError) as error:
            link.error = str(error)

    def _stop(self, link, now):
        """Switch it off."""
        if link.name != "eth":
            self._end(link)
        link.settings = None
        link.up = False
        link.address = "0.0.0.0"
        link.since = now
        try:
            link.network.active(False)
        except (OSError, RuntimeError) as error:
            link.error = str(error)

    def _tend_to(self, link, now, busy):
        """The next thing to be done about a link that is down.

        1. It has just gone down: it may come back by itself, as after a beacon lost.
        2. It has not, or an attempt has had its time: what that has left in the driver (an
           association with no address, a ghost) would be in the way of the next, so it is ended.
        3. The pause, longer each time, is over: another attempt. It scans all channels, so it does
           not matter where the access point is now.
        4. Each fourth attempt starts with the interface switched off and on again, for a driver
           that has lost its way. Ethernet, which connects by itself, has this only.
        """
        if link.known and link.since == now:
            link.trying = True
            link.due = now + (_CABLE if link.name == "eth" else _PATIENCE)
        if now < link.due:
            return
        if link.name == "eth":
            link.tried += 1
            self._again(link, now)
            link.due = now + _CABLE * min(link.tried, 5)
            return
        if link.trying:
            self._end(link)
            link.tried += 1
            pause = 1 << min(link.tried, 6)
            link.due = now + (_LONGEST if busy or pause > _LONGEST else pause)
            return
        if link.tried & 3 == 3:
            self._again(link, now)
        link.trying = True
        link.due = now + _ATTEMPT
        try:
            link.network.connect(*link.settings[1:])
        except (OSError, RuntimeError) as error:
            link.error = str(error)
            link.due = now + 1

    def _end(self, link):
        """No attempt, and no association."""
        link.trying = False
        link.missed = 0
        try:
            link.network.disconnect()
        except (OSError, RuntimeError):
            pass  # it was not on

    def _again(self, link, now):
        link.missed = 0
        try:
            link.network.active(False)
        except (OSError, RuntimeError):
            pass
        self._begin(link, now)

    def pause(self, seconds):
        """A scan needs the radio: no attempt for so long. The station, None where there is none."""
        now = self._links.uptime_s()
        self._held = now + seconds
        link = self.radio()
        if link is None:
            return None
        if link.settings is not None and not link.up:
            self._end(link)
            link.due = now + seconds
        return link.network

    def resume(self):
        """The scan is over."""
        self._held = 0
        link = self._links.wlan
        if link and link.settings is None:
            self._stop(link, self._links.uptime_s())  # it was on for the scan only
        elif link and not link.up:
            link.due = self._links.uptime_s() + 1

    # New settings

    def plan(self, values):
        """Let a configuration with another network remember the settings to go back to, before it is kept."""
        links = self._links
        old = self._config.values
        if "older" not in values and (links.lost is None or links.is_set()):
            values["older"] = {key: old[key] for key in ("np", "e", "w")}

    def hurry(self):
        """Somebody waits for WiFi: the pause between two attempts is over."""
        link = self._links.wlan
        if link and not link.trying:
            link.due = 0
            link.tried = 0

    def apply(self):
        """The configuration has changed: use it, when the answer is out."""
        self._apply = self._links.uptime_s() + _APPLY
        self._trial = self._apply + _PROVE
        self._note = None

    def _prove(self, now):
        """Whether the new settings work: then they stay; if not in time, those before are taken again."""
        if self._apply is not None:
            return
        links = self._links
        values = dict(self._config.values)
        undo = values.pop("older", None)
        good = links.lost is None
        if undo and good and links.wlan and links.wlan.settings and undo["w"] != values["w"]:
            # What leads there now may be the cable; the new WiFi has to work as well.
            good = links.wlan.up
        if not good and now < self._trial:
            return
        self._trial = None
        if undo is None:
            return
        if not good:
            self._note = "new settings taken back: " + (self._problems() or "no network")
            self._told = now + _LOST
            links.log.add("network: " + self._note)
            values.update(undo)
        try:
            self._config.change(values)
        except OSError as error:
            # What is in force is right; after a restart it is tried once more.
            self._config.values = values
            links.log.add("network: the flash does not keep it: %s" % error, "warning")
        if not good:
            links.bus.publish("configuration", None)

    # Setup mode

    def ask(self):
        """Somebody wants setup mode."""
        self._asked = self._links.uptime_s() + _LOST
        self._retry = 0

    def _tend(self, now, busy):
        """Open and close setup mode."""
        links = self._links
        if self._asked is not None and now >= self._asked and not busy:
            self._asked = None
        wanted = self._asked is not None or self._config.values["w"]["b"]
        if links.lost is not None:
            unset = not links.known and not links.is_set()
            wanted = wanted or now - links.lost >= (_UNSET if unset else _LOST)
        if links.setup is None:
            if wanted and now >= self._retry:
                self._open(now)
        elif not wanted and links.lost is None and now - max([x.since for x in links.all if x.up]) >= _CLOSE:
            links.log.add("network: setup closed")
            links.setup.close()
            links.setup = None

    def _open(self, now):
        from .setup import Setup

        links = self._links
        self._retry = now + _LONGEST
        w = self._config.values["w"]
        # Where the network has worked, its password is known to whoever may set the reader up.
        known = self._asked is None and w["w"] and links.wlan and links.wlan.known
        try:
            links.setup = Setup(links.board, w["p"] if known else "", w["z"])
            links.log.add("network: setup open, access point " + links.setup.name)
        except (OSError, RuntimeError, ValueError) as error:
            links.log.add("network: setup does not open: %s" % error, "warning")
        release("han.net.setup")

    # What is told

    def _reason(self, code):
        if code != self._code:
            from .reason import reason

            release("han.net.reason")
            self._code = code
            self._words = reason(code)
        return self._words

    def _problems(self):
        said = []
        for link in self._links.all:
            if link.settings is not None and not link.up:
                error = link.error
                if link.name != "eth" and link.code is not None:
                    error = self._reason(link.code)
                said.append("%s: %s" % (link.name, error))
        return "; ".join(said)

    def _tell(self):
        links = self._links
        error = self._problems()
        health = "ok"
        if links.lost is not None:
            health = "failed"
            error = error or "no network is set"
        elif error and self._config.values["np"] == "auto":
            error = ""  # one of them is all that is wanted
        if self._note:
            error = self._note + ("; " if error else "") + error
        if links.setup:
            error += ("; " if error else "") + "setup is open: " + links.setup.name
        if health == "ok" and (self._note or error and not links.setup):
            health = "degraded"
        links.report("network", "running", health, error or None)
