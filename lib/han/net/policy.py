"""Acts on the network: attempts to connect (attempts.py), new settings on trial, setup mode.

links.py imports it while something is not, or may not be, as the configuration wants it. What has to
outlive its object is kept in the Links and their Link objects.
"""
from .attempts import Attempts

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# All are seconds. Setup mode opens by itself after _UNSET without a network if none is set, else after _LOST. It closes
# after _CLOSE with a network. If it does not open, it is tried again after _RETRY.
_UNSET = const(10)
_LOST = const(600)
_CLOSE = const(60)
_RETRY = const(60)
# New settings are applied after _APPLY, when the answer to the client is out. They then have to work within _PROVE.
_APPLY = const(2)
_PROVE = const(60)


class Policy:
    """Makes one turn after the other until nothing is left to do. Times are s of uptime."""

    def __init__(self, links):
        self._links = links
        self._config = links.config
        self.attempts = Attempts(links)
        self._asked = None  # until when somebody wants setup mode
        self._retry = 0  # when setup mode may be opened again
        self._apply = None  # when new settings are to be applied
        self._trial = None  # until when they have to work
        self._note = None  # what became of the last new settings, as text for /health
        self._told = 0  # until when that text is told
        self._code = self._words = None  # why WiFi does not connect, as a number and as text

    def begin(self):
        """Prepare for the first turn, as the reader has started."""
        links = self._links
        board = links.board
        board.set_hostname(board.hostname)
        if links.eth is None:
            links.eth = self.attempts.make("eth", board.lan)
        links.lost = links.uptime_s()
        if board.button():
            links.button = -1  # pressed at the start: it is stuck, or it is no button
        if "older" in self._config.values:
            self._trial = links.lost + _PROVE  # a restart has cut the trial of these settings short

    def turn(self, now, changed):
        """Do what is due. True when nothing is left. changed: a link has come up, gone down or got another address."""
        links = self._links
        before = [link.address for link in links.all]
        first = not links.known
        busy = bool(links.setup and links.setup.full())
        wanted = links.all
        if self._apply is None or now >= self._apply:
            self._apply = None
            wanted = self.attempts.keep(now, busy)
        if changed or before != [link.address for link in links.all]:
            if not first or links.setup:  # a start without trouble is not logged
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
            # With "auto", WiFi is enough while Ethernet is down. The Links notice when Ethernet comes up.
            if not link.up and (link.name != "eth" or self._config.values["np"] != "auto"):
                return False
        idle = self._trial is None and self._asked is None and not self._note
        return idle and links.lost is None and not links.setup and not links.scanning() and self.attempts.settled()

    # New settings

    def plan(self, values):
        """Add the settings to go back to ("older") to a configuration with another network, before it is stored."""
        links = self._links
        old = self._config.values
        if "older" not in values and (links.lost is None or links.is_set()):
            values["older"] = {key: old[key] for key in ("np", "e", "w")}

    def apply(self):
        """Plan to apply the changed configuration, once the answer to the client is out."""
        self._apply = self._links.uptime_s() + _APPLY
        self._trial = self._apply + _PROVE
        self._note = None

    def _prove(self, now):
        """Judge the new settings. If they work, they stay. If they do not in time, the older ones are taken back."""
        if self._apply is not None:
            return
        links = self._links
        values = dict(self._config.values)
        undo = values.pop("older", None)
        good = links.lost is None
        if undo and good and links.wlan and links.wlan.settings and undo["w"] != values["w"]:
            # The network may be there over the cable. The new WiFi has to work as well.
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
            # The settings in force are the right ones. After a restart, the trial begins once more.
            self._config.values = values
            links.log.add("network: the flash does not keep it: %s" % error, "warning")
        if not good:
            links.bus.publish("configuration", None)

    # Setup mode

    def ask(self):
        """Ask for setup mode, which stays wanted for _LOST s."""
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
        from .join.setup import Setup

        links = self._links
        self._retry = now + _RETRY
        w = self._config.values["w"]
        # If the WiFi network has worked, the access point takes its password: people who may set up the reader know it.
        known = self._asked is None and w["w"] and links.wlan and links.wlan.known
        try:
            links.setup = Setup(links.board, w["p"] if known else "", w["z"])
            links.log.add("network: setup open, access point " + links.setup.name)
        except (OSError, RuntimeError, ValueError) as error:
            links.log.add("network: setup does not open: %s" % error, "warning")

    # The row of /health

    def _reason(self, code):
        if code != self._code:
            from .reason import reason

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
            error = ""  # one link is enough
        if self._note:
            error = self._note + ("; " if error else "") + error
        if links.setup:
            error += ("; " if error else "") + "setup is open: " + links.setup.name
        if health == "ok" and (self._note or error and not links.setup):
            health = "degraded"
        links.report("network", "running", health, error or None)
