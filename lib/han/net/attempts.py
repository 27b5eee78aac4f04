"""Decides which links run, and tries to bring them up. A link that is down is tried for ever.

policy.py imports it. Its object does not live long: what has to outlive it is kept in the Links and their
Link objects.
"""

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# All are seconds. Time of an attempt, in which the link has to get an address; longest pause between two attempts.
_ATTEMPT = const(20)
_LONGEST = const(60)
# Time for a link that went down to come back by itself.
_PATIENCE = const(5)
# Ethernet is started anew after so long without an address: there is a cable without DHCP, or the PHY hangs.
_CABLE = const(60)
# Policy "auto": WiFi is started after so long without Ethernet, and stopped after so long with it.
_FALL_BACK = const(8)
_GO_BACK = const(30)


class Attempts:
    """Starts, stops and tries the links as the configuration wants it. Times are s of uptime."""

    def __init__(self, links):
        self._links = links
        self._config = links.config
        self._held = 0  # until when a scan needs the radio

    def keep(self, now, busy):
        """Start, stop and try the links as the configuration wants it. Returns the list of links that are wanted.

        busy: a client uses the access point of setup mode, so the pauses between attempts are the longest.
        """
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
        """Add the link to the network interface that door(*kind) of the board gives; None when there is none."""
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
        """The link over WiFi; None when the board has none, or has no memory for it now."""
        links = self._links
        if links.wlan is None:
            links.wlan = self.make("wifi", links.board.wlan, "sta")
        return links.wlan

    def _settings(self, link):
        """The settings for a link, a tuple: its addresses, and for WiFi also the arguments of connect()."""
        values = self._config.values
        if link.name == "eth":
            return (values["e"]["n"],)
        w = values["w"]
        return (w["n"], w["s"], w["p"]) if w["w"] and w["p"] else (w["n"], w["s"])

    def _begin(self, link, now):
        """Switch a link on."""
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
                # Else the port would try for ever and without a pause, with no time left for setup's access point.
                nic.config(reconnects=2)
        except (OSError, RuntimeError, ValueError) as error:
            link.error = str(error)

    def _stop(self, link, now):
        """Switch a link off."""
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
        """Do the next thing about a link that is down.

        1. It has just gone down: wait. It may come back by itself, as after a lost beacon.
        2. It has not come back, or the time of an attempt is over: end the attempt. It may have left
           something in the driver (an association without an address, a ghost as in Link.diagnosis)
           that would be in the way of the next attempt.
        3. The pause is over, which is longer each time: make another attempt. It scans all channels,
           so it does not matter where the access point is now.
        4. Each fourth attempt begins by switching the interface off and on again, for a driver that
           has lost its way. Ethernet connects by itself: this is all that is done about it.
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
        """End the attempt and the association, if there are any."""
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
        """Make no attempts for so many s, as a scan needs the radio. Returns the station's interface, or None."""
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
        """Make attempts again, as the scan is over."""
        self._held = 0
        link = self._links.wlan
        if link and link.settings is None:
            self._stop(link, self._links.uptime_s())  # it was on for the scan only
        elif link and not link.up:
            link.due = self._links.uptime_s() + 1

    def settled(self):
        """False while WiFi still has to be stopped, because Ethernet is up."""
        eth = self._links.eth
        wifi = self._links.wlan
        return not (self._runs(wifi) and self._config.values["np"] == "auto" and eth and eth.up)

    def hurry(self):
        """Begin the next attempt of WiFi at once, as somebody waits for it."""
        link = self._links.wlan
        if link and not link.trying:
            link.due = 0
            link.tried = 0
