"""Which links there are to be, and the attempts to bring them up: a link that is down is tried for ever.

Imported by policy.py. What has to outlive it is kept in the Links and their Link objects.
"""

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


class Attempts:
    """Starts, stops and tries the links as the configuration wants them. Times are s of uptime."""

    def __init__(self, links):
        self._links = links
        self._config = links.config
        self._held = 0  # until when a scan needs the radio

    def keep(self, now, busy):
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

    def make(self, name, door, *kind):
        """A link to what a door of the board gives, None where it gives nothing."""
        links = self._links
        try:
            nic = door(*kind)
        except (OSError, RuntimeError) as error:
            links.log.add("network: no %s: %s" % (name, error), "warning")
            return None
        if nic is None:
            return None
        return links.add(name, nic)

    def radio(self):
        """The link over WiFi; None where the board has none, or no memory for it now."""
        links = self._links
        if links.wlan is None:
            links.wlan = self.make("wifi", links.board.wlan, "sta")
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

    def settled(self):
        """False while WiFi is to be stopped soon, for Ethernet is there."""
        eth = self._links.eth
        wifi = self._links.wlan
        return not (self._runs(wifi) and self._config.values["np"] == "auto" and eth and eth.up)

    def hurry(self):
        """Somebody waits for WiFi: the pause between two attempts is over."""
        link = self._links.wlan
        if link and not link.trying:
            link.due = 0
            link.tried = 0
