"""The network behind a meter: how many wires it has, and what its lists leave out because of that.

Without a neutral (IT and other networks of 230 V between lines, 3P3W) two currents tell all, and some meters send no
more, or 0 for L2; the voltage between L1 and L3 is missing likewise. A current that was not sent is computed, what
cannot be is unknown. Currents get the sign of their phase's power where the meter sends them without.
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

# How meters' types open that are made for one network: Aidon, Kaifa, Kamstrup.
_TYPES = (
    (THREE, ("6525", "6540", "MA304H3", "MA304T3", "684112")),
    (FOUR, ("6534", "6550", "MA304H4", "MA304T4", "684113")),
    (ONE, ("6515", "MA105", "686111")),
)


class Network:
    """What is known of one meter's network. setting: "auto" or a network; signed: whether to give currents signs."""

    setting = AUTO
    signed = True

    def __init__(self):
        self.forget()

    def forget(self):
        """It is another meter."""
        self.found = None  # the network as the lists tell it, None: not yet
        self.computed = False  # whether the current of L2 is
        self.signs = False  # whether the meter sends currents with a sign
        self._alive = False  # whether L2 and L3 have both had a voltage
        self._listed = False  # whether any list had a current of L2
        self._sent = False  # and one that was not 0

    def kind(self):
        """The network that is set, else the one that was found; None while it is not known."""
        return self.found if self.setting == AUTO else self.setting

    def most(self, ampere):
        """W that a main fuse allows at 240 V: on three phases with a neutral where the network is not known."""
        watt = 240 * ampere
        kind = self.kind()
        if kind == ONE:
            return watt
        return isqrt(3 * watt * watt) if kind == THREE else 3 * watt

    def complete(self, live, reading):
        """Add to a Live that has just merged a reading what the meter left out of it."""
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
        # One that is 0 is believed of a meter that has sent others.
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
        """What the lists so far say of the network."""
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
            # A house may have nothing on L2.
            self.found = FOUR if self._sent else None
        elif voltages[0] and voltages[2] or currents[0] is not None and currents[2] is not None and not self._listed:
            self.found = THREE
        elif self._listed:
            self.found = None

    def _sign(self, live, reading, currents, voltages, kind):
        """Currents flow the way that their phase's power does."""
        # 10^-4 VA that the phases can carry at most.
        parts = [voltages[k] * abs(currents[k] or 0) for k in range(3)]
        whole = sum(parts)
        total = net(reading, IMPORT_POWER, EXPORT_POWER)
        for k in range(3):
            if not currents[k] or self.signs and not (k == 1 and self.computed):
                continue
            power = net(reading, L1_IMPORT_POWER + k, L1_EXPORT_POWER + k)
            if power is None or not power and not reading.present[L1_EXPORT_POWER + k]:
                # What the others together cannot export flows out here.
                rest = whole - parts[k]
                if kind == THREE:
                    rest = rest * 1000 // 1732  # against the star that is not there
                exports = total is not None and total < 0 and (kind == ONE or whole and _flows(-total, rest))
            else:
                exports = power < 0
            live.present[L1_CURRENT + k] = 3 if exports else 1


def _flows(power, rest):
    """True where power (W) is more than rest (10^-4 VA) can be, with 5 % and 50 W for what is not exact."""
    return (power - 50) * 200000 > 21 * rest


def _told(text):
    """The network that a type of meter is made for; None: for any."""
    if text:
        for kind, openings in _TYPES:
            for opening in openings:
                if text.startswith(opening) and (len(opening) > 4 or len(text) == 4):
                    return kind
    return None


def _filled(voltages):
    """Three voltages, the mean of the others for one that is not there or 0; 0 where none is."""
    here = [number for number in voltages if number]
    mean = sum(here) // len(here) if here else 0
    return [number or mean for number in voltages]


def third(reading, first, last, voltage):
    """The current of L2 in a network without neutral, mA, from those of L1 and L3, P and Q; None where it cannot be.

    voltage: between lines, 0.1 V. The two elements of such a meter measure S = U12·I1* + U32·I3*, so |S| / U, |I1| and
    |I3| are the sides of a triangle, and I2 = -(I1 + I3) follows from its shape; that of L1 lies ahead, as it does for
    loads between lines with a power factor of their own each or all the same. Without Q the factor is taken for 1.
    """
    power = net(reading, IMPORT_POWER, EXPORT_POWER)
    if power is None or not voltage:
        return None
    reactive = net(reading, IMPORT_REACTIVE, EXPORT_REACTIVE) or 0
    a, b = abs(first), abs(last)
    s = isqrt(power * power + reactive * reactive) * 10000 // voltage
    # Sides that make no triangle: as far as rounding explains it, it is flat.
    if s > (a + b) * 23 // 20 + 200 or s < abs(a - b) * 17 // 20 - 200:
        return None
    squares = a * a + b * b + s * s
    sixteen = 4 * a * a * b * b - (s * s - a * a - b * b) ** 2  # 16 areas, squared
    return isqrt(max(0, squares // 2 - isqrt(3 * max(0, sixteen)) // 2))


def isqrt(number):
    """The integer square root, rounded down (Newton's way: MicroPython has none)."""
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
