"""The units of the device, each with its registers, as of the latest telegram.

    1    SunSpec: the common model, then 201 (one phase), 203 (three with a neutral) or 204 (without)
    2    the same with 211, 213 or 214, which have floats
    3    the plain map
"""
from ...meter.sense.network import ONE, THREE
from .pdu import ADDRESS, FAILURE

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


MAKER = "han-reader"
MODEL = "HAN reader"

_BASE = const(40000)  # where SunSpec's registers begin
_INTEGERS = const(1)
_FLOATS = const(2)
_PLAIN = const(3)
# The last digit of the model's number for each kind of network.
_MODELS = {ONE: 1, THREE: 4}
_UNKNOWN = const(3)  # an unknown network counts as three phases with a neutral


class Device:
    """Answers what is in the registers. Those of a unit are written when they are asked for after another telegram.

    What writes them is loaded with the first client that asks for such a unit: most houses have one kind of client.
    """

    def __init__(self, app):
        self._app = app
        self._model = 0  # last digit of the number of the meter's model; 0: nobody has asked for it
        self._factors = None  # bytearray, as of sunspec.FACTORS; None: no integers have been asked for
        self._told = None  # the factors that have been told, bytes
        self._units = {}  # unit -> [registers, seq of the telegram that they tell]
        #: Goes up when the number of a model or a scale factor has changed.
        self.edition = 0

    def has(self, unit):
        """True for a unit that is there. 0 and 255 mean the device itself (guide, 4.4.1.2)."""
        return unit <= _PLAIN or unit == 0xFF

    def fresh(self):
        """True while there is a present reading."""
        return self._app.messages.fresh() is not None

    def read(self, unit, at, count):
        """`count` registers of a unit from `at` on, bytes; or the number of an exception."""
        if unit == _PLAIN:
            from . import registers

            size = registers.SIZE
            first, last = 0, size
        else:
            from . import sunspec

            at -= _BASE
            if unit != _FLOATS:
                unit = _INTEGERS
            first = sunspec.COMMON + 2
            last = sunspec.COMMON + (sunspec.INTEGERS if unit == _INTEGERS else sunspec.FLOATS)
            size = last + sunspec.END
        if at < 0 or at + count > size:
            return ADDRESS
        live = self._app.messages.fresh()
        if live is None and at < last and at + count > first:
            return FAILURE
        return bytes(memoryview(self._registers(unit, live, size))[2 * at : 2 * (at + count)])

    def _registers(self, unit, live, size):
        """The registers of a unit, as of a Live. None: all but the measurements hold."""
        if unit != _PLAIN:
            model = _MODELS.get(self._app.link.live.network.kind(), _UNKNOWN)
            if model != self._model:
                if self._model:
                    self.edition += 1
                    self._units = {}
                self._model = model
        there = self._units.get(unit)
        if not there:
            there = [bytearray(2 * size), -1]
            if unit != _PLAIN:
                from . import sunspec

                names = MAKER, MODEL, "", self._app.updates.running, self._app.identity.serial
                sunspec.common(there[0], names, unit)
                first = 200 if unit == _INTEGERS else 210
                sunspec.head(there[0], first + self._model, size - sunspec.COMMON - sunspec.END)
            self._units[unit] = there
        if live and there[1] != live.seq:
            there[1] = -1  # in case that memory runs out within
            self._write(unit, there[0], live)
            there[1] = live.seq
        return there[0]

    def _write(self, unit, buf, live):
        """Write the measurements."""
        if unit == _PLAIN:
            from . import registers

            registers.write(buf, self._app, live)
            return
        from . import sunspec

        numbers, places = sunspec.points(self._app, live, 1 if self._model == 1 else 3, self._model == 4)
        if unit == _FLOATS:
            sunspec.floats(buf, numbers, places)
            return
        factors = self._factors = self._factors or bytearray(sunspec.FACTORS)
        while not sunspec.integers(buf, numbers, places, factors):
            pass
        if self._told and self._told != factors:
            self.edition += 1
        self._told = bytes(factors)

    def serial(self):
        """The reader's serial number, bytes."""
        return self._app.identity.serial.encode()

    def objects(self):
        """The objects of the device's identification, from 0 on, a tuple of bytes (protocol, 6.21)."""
        app = self._app
        names = MAKER, MODEL, app.updates.running, "", MODEL, app.board.name, app.identity.name
        return [name.encode() for name in names]
