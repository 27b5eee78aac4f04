"""Watch: the task that looks at the alarms once in a second, while any is set. Imported when one is."""
import asyncio

from .alarm import Alarm, Cheap, Rising, Silent
from .hours import Hours
from .rules import names, sound
from .values import crossing, current, power

_KINDS = {"silent": Silent, "price": Cheap, "peak": Rising}


class Watch:
    """Keeps the states of all alarms that are set, and publishes them as topic "alarms" whenever one changes.

    What is published is a list of Alarm, in the order of their numbers. It always has the values of now, and is empty
    when nothing is watched. Topic "alarmhours" is an Hours, from the first alarm on.

    silence   old() is True while the meter is silent; age() tells the age of the last reading, ms
    book      the Book of prices
    forecast  function: makes the Forecast for the alarm of peaks, see forecast.py beside this folder
    report    function: takes health and error for /health
    """

    #: Time between two looks, s.
    tick_s = 1

    def __init__(self, clock, config, bus, silence, book, forecast, report):
        self._clock = clock
        self._config = config
        self._bus = bus
        self._silence = silence
        self._book = book
        self._foresee = forecast
        self._forecast = None  # a Forecast, while the alarm of peaks is set
        self._report = report
        self._alarms = []
        self._tariff = None  # the Tariff of VAT and fees, where there are any
        self._seen = None  # how often the configuration had been published at the last look
        self._read = 0  # number of the last reading that was looked at

    # Lives until no alarm is set any more.
    async def run(self):
        """Watch; returns when no alarm is set any more. A configuration that changes is followed at once."""
        try:
            while self._config.get("alarms"):
                if self._forecast:
                    await self._forecast.load()
                self.look()
                await asyncio.sleep(self.tick_s)
        finally:
            self._bus.publish("alarms", [])

    def look(self):
        """Look at the values of now, and publish what has changed."""
        now = self._clock.uptime_ms()
        seen = self._bus.count.get("configuration", 0)
        changed = seen != self._seen and self._begin(now)
        self._seen = seen
        live = self._bus.latest.get("meter")
        silent = live is None or self._silence.old()
        # A reading counts once, however long it is the latest.
        read = not silent and (changed or live.seq != self._read)
        if read:
            self._read = live.seq
        for alarm in self._alarms:
            name = alarm.name
            if name == "silent":
                # Until the first reading, the silence is as old as this start.
                age = 0 if not silent else self._silence.age() if live else now
                value = age // 1000
            elif name == "price":
                value = self._cost()
            elif silent:
                value = alarm.phase = None
            elif not read:
                continue
            elif name == "current":
                value, alarm.phase = current(live)
            elif name == "power":
                value = power(live)
            elif name == "peak":
                value = self._forecast.now(power(live))
            else:
                value = crossing(live)
            if alarm.take(value, now):
                changed = True
        if changed:
            self._bus.publish("alarms", self._alarms)
            self._tell()
        self._note()

    def _note(self):
        """Note the hour in which alarms are on, where the time is known."""
        bits = 0
        for alarm in self._alarms:
            if alarm.on:
                bits |= alarm.bit
        utc = self._clock.utc() if bits else None
        if utc is not None:
            hours = self._bus.latest.get("alarmhours")
            if not hours:
                hours = Hours()
                self._bus.publish("alarmhours", hours)
            hours.add(self._clock.zone.hour_start(utc), bits)

    def _begin(self, now):
        """Take the alarms of the configuration. Those that are what they were keep their state; False if all are."""
        before, forecast = self._alarms, self._forecast
        self._alarms = []
        self._tariff = self._forecast = None
        for name, rule in sound(self._config.get("alarms")):
            limit = self._limit(name, rule)
            for alarm in before:
                if (alarm.name, alarm.rule, alarm.first) == (name, rule, limit):
                    break
            else:
                alarm = _KINDS.get(name, Alarm)(name, rule, limit, now)
                alarm.bit = 1 << names().index(name)
            self._alarms.append(alarm)
            if name == "price":
                self._tariff = self._book.tariff(self._clock.zone)
            elif name == "peak":
                self._forecast = forecast or self._foresee()
        return self._alarms != before

    def _cost(self):
        """The price of now with VAT and fees, 10^-6 minor units per kWh; None where it is not known."""
        utc = self._clock.utc()
        price = self._book.price(utc)
        return self._tariff.total(utc, price) if self._tariff else price

    def _limit(self, name, rule):
        """The limit that a rule sets; None of that of peaks, which changes."""
        if name == "peak":
            return None
        if name == "current":
            return 10 * rule["percent"] * self._config.get("m", "f")
        return rule["w" if name in ("power", "selling") else "s" if name == "silent" else "below"]

    def _tell(self):
        """Report the alarms whose state is not known, and those that another version has stored in another way."""
        known = [alarm.name for alarm in self._alarms if alarm.on is not None]
        missing = [name for name in sorted(self._config.get("alarms")) if name not in known]
        if missing:
            self._report("degraded", "not known: " + ", ".join(missing))
        else:
            self._report("ok", None)
