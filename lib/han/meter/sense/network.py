"""The kind of network behind a meter, and the values that meters leave out because of it.

In a network without neutral (IT, and others with 230 V between lines: 3P3W) two currents are enough. Some meters send
only these, or 0 for L2. The voltage between L1 and L3 is left out in the same way. The missing current is computed;
where that is impossible, it is unknown. Where a meter sends currents without a sign, they get that of their phase's
power.
"""
from ..obis import (
    EXPORT_POWER,
    EXPORT_REACTIVE,
    IMPORT_POWER,
    IMPORT_REACTIVE,
    L1_CURRENT,
    L1_EXPORT_POWER,
    L1_IMPORT_POWER,
    L1_VOLTAGE,
)
from .power import net
from ..reading import METER_TYPE

AUTO, FOUR, THREE, ONE = "auto", "3p4w", "3p3w", "1p"

# Openings of the types of meters that are made for one kind of network: Aidon, Kaifa, Kamstrup.
_TYPES = (
    (THREE, ("6525", "6540", "MA304H3", "MA304T3", "684112")),
    (FOUR, ("6534", "6550", "MA304H4", "MA304T4", "684113")),
    (ONE, ("6515", "MA105", "686111")),
)


class Network:
    """What is known about one meter's network.

    setting   AUTO, or the network that the owner has set
    signed    True: give signs to currents
    """

    setting = AUTO
    signed = True

    def __init__(self):
        self.forget()

    def forget(self):
        """Forget everything: it is another meter."""
        self.found = None  # the network that the lists have shown, None: not known yet
        self.computed = False  # the last current of L2 was computed
        self.signs = False  # the meter sends currents with a sign
        self._alive = False  # L2 and L3 have both had a voltage
        self._listed = False  # a list has had a current of L2
        self._sent = False  # a list has had a current of L2 that was not 0

    def kind(self):
        """The network (FOUR, THREE or ONE): the one that is set, else the one that was found, None: not known yet."""
        return self.found if self.setting == AUTO else self.setting

    def most(self, ampere):
        """W that main fuses of so many A allow at 240 V. An unknown network counts as three phases with a neutral."""
        watt = 240 * ampere
        kind = self.kind()
        if kind == ONE:
            return watt
        return isqrt(3 * watt * watt) if kind == THREE else 3 * watt

    def complete(self, live, reading):
        """Add the values that the meter left out to a Live that has just merged a reading."""
        currents = [reading.get(L1_CURRENT + k) for k in range(3)]
        voltages = [reading.get(L1_VOLTAGE + k) for k in range(3)]
        if currents[0] is None and voltages[0] is None:
            return
        self._find(live, currents, voltages)
        kind = self.kind()
        if kind == THREE and voltages[1] == 0:
            live.present[L1_VOLTAGE + 1] = 0
        if currents[0] is None:
            return
        voltages = _filled([live.get(L1_VOLTAGE + k) for k in range(3)])
        self.signs = self.signs or min([number or 0 for number in currents]) < 0
        # 0 is believed only of a meter that has also sent other currents of L2.
        sent = currents[1] or currents[1] == 0 and self._sent
        self.computed = kind == THREE and currents[2] is not None and not sent
        if self.computed:
            currents[1] = third(reading, currents[0], currents[2], sum(voltages) // 3)
            if currents[1] is None:
                live.present[L1_CURRENT + 1] = 0
            else:
                live.put(L1_CURRENT + 1, currents[1])
        if self.signed:
            self._sign(live, reading, currents, voltages, kind)

    def _find(self, live, currents, voltages):
        """Find out the network from the lists so far."""
        self._alive = self._alive or bool(voltages[1] and voltages[2])
        self._listed = self._listed or currents[1] is not None
        self._sent = self._sent or bool(currents[1])
        told = _told(live.text(METER_TYPE))
        dead = voltages[0] and voltages[1] == 0 and voltages[2] == 0
        absent = not self._listed and currents[2] is None and voltages[1] is None
        if (dead or absent) and not (self._alive or self._sent or currents[2] or voltages[2]):
            self.found = ONE
        elif told:
            self.found = told
        elif self._alive and self._listed:
            # As long as L2 has had only 0, it is not known: a house may have no load on it.
            self.found = FOUR if self._sent else None
        elif voltages[0] and voltages[2] or currents[0] is not None and currents[2] is not None and not self._listed:
            self.found = THREE
        elif self._listed:
            self.found = None

    def _sign(self, live, reading, currents, voltages, kind):
        """Give currents the sign of their phase's power."""
        # Apparent power of each phase, 10^-4 VA.
        parts = [voltages[k] * abs(currents[k] or 0) for k in range(3)]
        whole = sum(parts)
        total = net(reading, IMPORT_POWER, EXPORT_POWER)
        for k in range(3):
            if not currents[k] or self.signs and not (k == 1 and self.computed):
                continue
            power = net(reading, L1_IMPORT_POWER + k, L1_EXPORT_POWER + k)
            if power is None or not power and not reading.present[L1_EXPORT_POWER + k]:
                # The phase exports if the others together cannot export the total.
                rest = whole - parts[k]
                if kind == THREE:
                    rest = rest * 1000 // 1732  # the voltages are between lines: divide by the root of 3
                exports = total is not None and total < 0 and (kind == ONE or whole and _flows(-total, rest))
            else:
                exports = power < 0
            live.present[L1_CURRENT + k] = 3 if exports else 1


def _flows(power, rest):
    """True where power (W) is larger than rest (10^-4 VA), with a tolerance of 5 % and 50 W."""
    return (power - 50) * 200000 > 21 * rest


def _told(text):
    """The network for which a type of meter (text or None) is made; None: for any, or not known."""
    if text:
        for kind, openings in _TYPES:
            for opening in openings:
                if text.startswith(opening) and (len(opening) > 4 or len(text) == 4):
                    return kind
    return None


def _filled(voltages):
    """The three voltages, with the mean of the others for one that is absent or 0; 0 where all are."""
    here = [number for number in voltages if number]
    mean = sum(here) // len(here) if here else 0
    return [number or mean for number in voltages]


def third(reading, first, last, voltage):
    """The current of L2 in a network without neutral, mA, from those of L1 and L3 (mA), P and Q; None: impossible.

    voltage: between lines, 0.1 V

    The two elements of such a meter measure S = U12·I1* + U32·I3*. So |S| / U, |I1| and |I3| are the sides of a
    triangle, and I2 = -(I1 + I3) follows from its shape. Of the two possible triangles, that with I1 ahead is taken: it
    is right for loads between lines, whether they have the same power factor or different ones. Without Q, the power
    factor is assumed to be 1.
    """
    power = net(reading, IMPORT_POWER, EXPORT_POWER)
    if power is None or not voltage:
        return None
    reactive = net(reading, IMPORT_REACTIVE, EXPORT_REACTIVE) or 0
    a, b = abs(first), abs(last)
    s = isqrt(power * power + reactive * reactive) * 10000 // voltage
    # If the sides make no triangle, rounding may be the reason: then the triangle is flat. Else there is none.
    if s > (a + b) * 23 // 20 + 200 or s < abs(a - b) * 17 // 20 - 200:
        return None
    squares = a * a + b * b + s * s
    sixteen = 4 * a * a * b * b - (s * s - a * a - b * b) ** 2  # 16 times the square of the area
    return isqrt(max(0, squares // 2 - isqrt(3 * max(0, sixteen)) // 2))


def isqrt(number):
    """The integer square root, rounded down, by Newton's method. MicroPython has no such function."""
    if number < 2:
        return number
    root = 1
    while root * root <= number:
        root *= 2
    while True:
        other = (root + number // root) // 2
        if other >= root:
            return root
        root = other
