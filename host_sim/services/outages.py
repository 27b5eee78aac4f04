"""Outages of the network called Home at planned times, for tools/prove/soak.py, whose time jumps."""

#: It is off, gives no addresses, has another password, gives another address, has moved to another channel, has
#: forgotten its clients without telling them, lets no data through.
WAYS = ("gone", "dhcp", "password", "address", "channel", "ghost", "mute")


class Outages:
    """Applies outages to the first access point of a network.Air. plan: [[from, until (us), one of WAYS]]."""

    def __init__(self, air, plan):
        self._air = air
        self._plan = plan
        self._home = home = air.points[0]
        self._good = home.key, home.dhcp, home.channel
        self._way = None

    def look(self, now_us):
        """Put the access point into its state at this time (us)."""
        way = None
        for since, until, each in self._plan:
            if since <= now_us < until:
                way = each
        if way != self._way:
            self._way = way
            self._change(way)

    def _change(self, way):
        air, home = self._air, self._home
        home.key, home.dhcp, home.channel = self._good
        home.ghost = way == "ghost"
        air.mute = way == "mute"
        if home not in air.points:
            air.points.append(home)
        if way == "gone":
            air.points.remove(home)
        elif way == "dhcp":
            home.dhcp = None
        elif way == "password":
            home.key = "not the same as ever"
        elif way == "address":
            home.dhcp = ("192.168.7.21",) + tuple(home.dhcp[1:])
        elif way == "channel":
            home.channel += 5
