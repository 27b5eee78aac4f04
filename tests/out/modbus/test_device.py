"""The registers of the three units, as of a reading."""

from han.meter.besides.extra import Extra
from han.meter import obis
from han.out.modbus import registers, sunspec
from han.out.modbus.device import Device
from tests.api.fake import FULL, Running
from tests.support import raises

BASE = 40000
METER = BASE + 70  # the number of the meter's model
ADDRESS, FAILURE = 2, 4
#: Where points are in the integer models, counted from the model's number on, and in the float models.
WHERE = {
    "A": (2, 2), "AphA": (3, 4), "AphB": (4, 6), "AphC": (5, 8), "A_SF": (6, None),
    "PhV": (7, 10), "PhVphA": (8, 12), "PhVphB": (9, 14), "PhVphC": (10, 16),
    "PPV": (11, 18), "AB": (12, 20), "BC": (13, 22), "CA": (14, 24), "V_SF": (15, None), "Hz": (16, 26),
    "Hz_SF": (17, None), "W": (18, 28), "WphA": (19, 30), "WphB": (20, 32), "WphC": (21, 34), "W_SF": (22, None),
    "VA": (23, 36), "VAphA": (24, 38), "VAR": (28, 44), "VARphC": (31, 50), "PF": (33, 52), "PFphA": (34, 54),
    "PF_SF": (37, None), "TotWhExp": (38, 60), "TotWhImp": (46, 68), "TotWhImpPhA": (48, 70), "TotWh_SF": (54, None),
    "TotVArhImpQ1": (72, 92), "Evt": (105, 124),
}  # fmt: skip
NAN = 0x7FC00000
NOT_SHORT = 0x8000


def unsigned(data):
    return int.from_bytes(data, "big")


def words(device, unit, at, count):
    """The registers as a list of integers; or the number of an exception."""
    data = device.read(unit, at, count)
    return data if isinstance(data, int) else [unsigned(data[i : i + 2]) for i in range(0, len(data), 2)]


def integer(device, name):
    """What unit 1 has for a point, a number with a sign but for counters."""
    size = 2 if name.startswith("Tot") and not name.endswith("_SF") or name == "Evt" else 1
    number = unsigned(device.read(1, METER + WHERE[name][0], size))
    return number if size == 2 or number < 0x8000 else number - 0x10000


def single(device, name):
    """The 32 bits of what unit 2 has for a point."""
    return unsigned(device.read(2, METER + WHERE[name][1], 2))


def quad(device, at):
    return unsigned(device.read(3, at, 4))


def long(device, at):
    number = unsigned(device.read(3, at, 2))
    return number if number < 0x80000000 else number - 0x100000000


UNKNOWN = -0x80000000
UNCOUNTED = 0xFFFFFFFFFFFFFFFF


async def test_the_models_are_there_before_the_first_reading():
    async with Running() as app:
        device = Device(app)
        for unit, address in ((1, 1), (2, 2), (0, 1), (255, 1)):
            data = device.read(unit, BASE, 70)
            assert data[:8] == b"SunS\0\1\0\x42"
            at = 8
            texts = []
            for size in (32, 32, 16, 16, 32):
                texts.append(data[at : at + size].decode().rstrip("\0"))
                at += size
            assert texts == ["han-reader", "HAN reader", "", app.updates.running, app.identity.serial]
            assert unsigned(data[at : at + 2]) == address and data[at + 2 :] == b"\x80\0"
            assert words(device, unit, BASE + 69, 1) == [0x8000]
            # So are the number and length of the model, and its end. An unknown network has a neutral.
            number, last = (213, 195) if unit == 2 else (203, 176)
            assert words(device, unit, BASE + 70, 2) == [number, last - 71]
            assert len(device.read(unit, BASE, 72)) == 144
            assert words(device, unit, BASE + last + 1, 2) == [0xFFFF, 0]
            for at, count in ((72, 1), (71, 2), (0, 73), (last, 1), (last, 2), (70, 107)):
                assert words(device, unit, BASE + at, count) == FAILURE
        assert words(device, 3, 0, 2) == FAILURE
        assert not device.fresh()
        # A network that is set is known before; what clients were told before is old then.
        app.link.live.network.setting = "3p3w"
        assert words(device, 1, METER, 2) == [204, 105] and device.edition == 1
        assert words(device, 2, METER, 2) == [214, 124] and device.edition == 1


async def test_addresses_that_are_not_there():
    async with Running() as app:
        device = Device(app)
        for _ in range(2):
            for unit, last in ((1, 40178), (2, 40197), (3, registers.SIZE - 1)):
                first = 0 if unit == 3 else BASE
                assert words(device, unit, last + 1, 1) == ADDRESS
                assert words(device, unit, last, 2) == ADDRESS
                assert words(device, unit, 65535, 125) == ADDRESS
                if first:
                    assert words(device, unit, 0, 1) == words(device, unit, first - 1, 2) == ADDRESS
            app.link.read(*FULL)
        for unit, last in ((1, 40178), (2, 40197)):
            assert words(device, unit, last - 1, 2) == [0xFFFF, 0]  # the end model
        assert device.has(1) and device.has(2) and device.has(3) and device.has(0) and device.has(255)
        assert not device.has(4) and not device.has(126) and not device.has(247) and not device.has(254)


async def test_integers_and_their_scale_factors():
    async with Running() as app:
        device = Device(app)
        app.link.read(*FULL)
        assert words(device, 1, METER, 2) == [203, 105]
        for name, number in (
            ("A", 29), ("AphA", 610), ("AphB", -581), ("AphC", 0), ("A_SF", -2),
            ("PhV", 2331), ("PhVphA", 2392), ("PhVphB", 2301), ("PhVphC", 2300), ("V_SF", -1),
            ("W", 1000), ("WphA", 301), ("WphB", 402), ("WphC", 297), ("W_SF", 0), ("VAR", 10), ("VARphC", 3),
            ("TotWhImp", 123456789), ("TotWhExp", 10000), ("TotWh_SF", 0), ("TotWhImpPhA", 0), ("TotVArhImpQ1", 0),
            ("Evt", 0),
        ):  # fmt: skip
            assert integer(device, name) == number, name
        for name in ("PPV", "AB", "BC", "CA", "Hz", "VA", "VAphA", "PF", "PFphA"):
            assert integer(device, name) == -NOT_SHORT, name


async def test_floats():
    async with Running() as app:
        device = Device(app)
        app.link.read(*FULL)
        assert words(device, 2, METER, 2) == [213, 124]
        for name, word in (
            ("AphA", 0x40C33333), ("AphB", 0xC0B9FBE7), ("AphC", 0), ("PhVphA", 0x436F3333), ("W", 0x447A0000),
            ("WphC", 0x43948000), ("TotWhExp", 0x461C4000), ("TotWhImp", 0x4CEB79A3), ("Hz", NAN), ("PF", NAN),
            ("PPV", NAN), ("CA", NAN), ("TotWhImpPhA", NAN), ("TotVArhImpQ1", NAN), ("Evt", 0),
        ):  # fmt: skip
            assert single(device, name) == word, name


async def test_what_the_meter_does_not_say_is_not_there():
    async with Running() as app:
        device = Device(app)
        app.link.read((obis.IMPORT_POWER, 500))
        assert words(device, 1, METER, 2) == [203, 105]
        assert (integer(device, "W"), single(device, "W"), long(device, 0)) == (500, 0x43FA0000, 500)
        for name in ("A", "AphA", "PhV", "PhVphA", "WphA", "VAR", "Hz"):
            assert integer(device, name) == -NOT_SHORT and single(device, name) == NAN, name
        assert integer(device, "TotWhImp") == 0 and single(device, "TotWhImp") == NAN and quad(device, 100) == UNCOUNTED
        assert long(device, 24) == long(device, 46) == UNKNOWN
        # A current that is missing makes the sum unknown, a voltage that is missing or 0 no mean of it.
        app.link.read((obis.L1_CURRENT, 1000), (obis.L1_CURRENT + 2, 1000), (obis.L1_VOLTAGE, 2301),
                      (obis.L1_VOLTAGE + 1, 0), (obis.L1_VOLTAGE + 2, 2304))  # fmt: skip
        assert integer(device, "A") == -NOT_SHORT and integer(device, "AphA") == 100
        assert integer(device, "PhV") == 2303 and integer(device, "PhVphB") == 0


async def test_exports_are_negative():
    async with Running() as app:
        device = Device(app)
        app.link.read((obis.IMPORT_POWER, 0), (obis.EXPORT_POWER, 4200), (obis.IMPORT_REACTIVE, 0),
                      (obis.EXPORT_REACTIVE, 70), (obis.EXPORT_ENERGY, 77))  # fmt: skip
        assert (integer(device, "W"), integer(device, "VAR"), single(device, "W")) == (-4200, -70, 0xC5834000)
        assert (long(device, 0), long(device, 8), long(device, 16), long(device, 24)) == (-4200, 0, 4200, -70)
        assert integer(device, "TotWhExp") == quad(device, 104) == 77


async def test_the_model_follows_the_phases():
    async with Running() as app:
        device = Device(app)
        network = app.link.live.network
        app.link.read(*FULL)
        assert words(device, 1, METER, 1) == [203] and device.edition == 0
        network.setting = "1p"
        app.link.read(*FULL)
        assert words(device, 1, METER, 2) == [201, 105] and words(device, 2, METER, 2) == [211, 124]
        assert device.edition == 1
        assert integer(device, "A") == integer(device, "AphA") == 610
        network.setting = "3p3w"
        app.link.read((obis.L1_VOLTAGE, 2310), (obis.L1_VOLTAGE + 1, 2320), (obis.L1_VOLTAGE + 2, 2330))
        assert words(device, 2, METER, 2) == [214, 124] and words(device, 1, METER, 2) == [204, 105]
        assert device.edition == 2
        for name, number in (("AB", 2310), ("CA", 2320), ("BC", 2330), ("PPV", 2320), ("AphB", -581)):
            assert integer(device, name) == number
        for name in ("PhV", "PhVphA", "PhVphB", "PhVphC"):
            assert integer(device, name) == -NOT_SHORT and single(device, name) == NAN
        assert single(device, "AB") == 0x43670000


async def test_a_scale_factor_grows_and_stays():
    async with Running() as app:
        device = Device(app)
        app.link.read(*FULL)
        app.link.read((obis.IMPORT_POWER, 32767), (obis.L1_CURRENT, 327670), (obis.IMPORT_ENERGY, 0xFFFFFFFE))
        assert [integer(device, name) for name in ("W", "AphA", "W_SF", "A_SF", "TotWh_SF")] == [32767, 32767, 0, -2, 0]
        assert integer(device, "TotWhImp") == 0xFFFFFFFE and device.edition == 0
        app.link.read((obis.IMPORT_POWER, 32768))
        assert (integer(device, "W"), integer(device, "WphA"), integer(device, "W_SF")) == (3277, 30, 1)
        assert device.edition == 1
        app.link.read((obis.IMPORT_POWER, 500), (obis.L1_CURRENT, -327680))
        assert (integer(device, "W"), integer(device, "W_SF")) == (50, 1)
        assert (integer(device, "AphA"), integer(device, "A_SF")) == (-3277, -1) and device.edition == 2
        app.link.read((obis.IMPORT_ENERGY, 0xFFFFFFFF))
        assert (integer(device, "TotWhImp"), integer(device, "TotWhExp"), integer(device, "TotWh_SF")) == (
            429496730, 1000, 1
        )  # fmt: skip
        assert device.edition == 3
        assert quad(device, 100) == 0xFFFFFFFF and single(device, "TotWhImp") == 0x4F800000
        assert long(device, 0) == 500 and long(device, 46) == -327680
        # Who asks first is told nothing else later.
        device = Device(app)
        app.link.read((obis.IMPORT_POWER, 250000), (obis.IMPORT_ENERGY, 999999999999))
        assert (integer(device, "W"), integer(device, "W_SF"), device.edition) == (25000, 1, 0)
        assert (integer(device, "TotWhImp"), integer(device, "TotWh_SF")) == (1000000000, 3)
        assert quad(device, 100) == 999999999999


class Starving:
    """put() of the registers, which finds no memory the n-th time."""

    def __init__(self, left):
        self._left = left
        self._put = sunspec.put

    def __enter__(self):
        sunspec.put = self

    def __exit__(self, kind, error, trace):
        sunspec.put = self._put

    def __call__(self, *arguments):
        self._left -= 1
        if not self._left:
            raise MemoryError
        self._put(*arguments)


async def test_what_finds_no_memory_is_whole_the_next_time():
    async with Running() as app:
        for left in (1, 2, 4):
            device = Device(app)
            with raises(MemoryError), Starving(left):
                device.read(1, BASE, 70)
            assert device.read(1, BASE, 70) == Device(app).read(1, BASE, 70)
        app.link.read(*FULL)
        wanted = Device(app).read(1, METER, 107)
        assert integer(device, "W") == 1000
        # The factor of the power grows, and then there is no memory for the rest: it has to be told all the same.
        app.link.read((obis.IMPORT_POWER, 40000))
        with raises(MemoryError), Starving(60):
            device.read(1, METER, 107)
        assert (integer(device, "W"), integer(device, "W_SF"), device.edition) == (4000, 1, 1)
        app.link.read(*FULL)
        got = device.read(1, METER, 107)
        assert got[2 * 46 : 2 * 48] == wanted[2 * 46 : 2 * 48] and integer(device, "W") == 100 and device.edition == 1


async def test_a_reading_that_is_too_old_is_none():
    async with Running() as app:
        device = Device(app)
        app.link.read(*FULL)
        assert integer(device, "W") == 1000 and device.fresh()
        app.board.ticks += 59000
        assert integer(device, "W") == 1000
        app.board.ticks += 2000
        assert app.messages.meter() is None and not device.fresh()
        for unit, last in ((1, 40176), (2, 40195)):
            assert len(device.read(unit, BASE, 72)) == 144  # with the number and the length of the model
            assert words(device, unit, last + 1, 2) == [0xFFFF, 0]
            for at, count in ((BASE, 73), (METER + 2, 1), (METER, 107), (last, 1), (last, 3)):
                assert words(device, unit, at, count) == FAILURE
        assert words(device, 3, 0, 1) == words(device, 3, registers.SIZE - 1, 1) == FAILURE
        assert words(Device(app), 1, METER, 2) == [203, 105]  # also where nobody has asked before
        app.link.read((obis.IMPORT_POWER, 1234))
        assert integer(device, "W") == long(device, 0) == 1234 and device.edition == 0


async def test_each_answer_is_of_one_reading():
    async with Running() as app:
        device = Device(app)
        app.link.read(*FULL)
        before = device.read(1, METER, 107)
        app.link.live.put(obis.IMPORT_POWER, 7)  # the next telegram is being taken over
        assert device.read(1, METER, 107) == before
        app.link.read((obis.IMPORT_POWER, 8))
        assert integer(device, "W") == 8
        assert before[36:38] == b"\x03\xe8"


async def test_reads_may_begin_within_a_value():
    async with Running() as app:
        device = Device(app)
        app.link.read(*FULL)
        assert words(device, 1, METER + 47, 1) == [123456789 & 0xFFFF]
        assert words(device, 2, METER + 29, 2) == [0, 0x4396]
        assert words(device, 3, 103, 1) == [123456789 & 0xFFFF]
        assert words(device, 1, BASE + 1, 1) == [0x6E53]


async def test_what_only_some_meters_say():
    async with Running() as app:
        device = Device(app)
        extra = app.link.live.extra = Extra()
        for code, number in ((obis.FREQUENCY, 49983), (obis.POWER_FACTOR, 985), (obis.POWER_FACTOR + 1, 1000),
                             (obis.APPARENT, 1015), (obis.TARIFF, 2), (obis.FUSE + 2, 25000)):  # fmt: skip
            extra._numbers[code - obis.MORE] = number
        app.link.read(*FULL)
        for name, number in (("Hz", 4998), ("Hz_SF", -2), ("PF", 985), ("PFphA", 1000), ("PF_SF", -1), ("VA", 1015)):
            assert integer(device, name) == number, name
        assert single(device, "Hz") == 0x4247EE98 and single(device, "PF") == 0x3F7C28F6
        assert [long(device, at) for at in (32, 52, 54, 56, 58, 62, 70, 74)] == [
            1015, 49983, 985, 1000, UNKNOWN, 2, UNKNOWN, 25000
        ]  # fmt: skip


async def test_the_plain_map():
    async with Running() as app:
        device = Device(app)
        app.clock.set(208000000, "ntp")
        app.link.read(*FULL)
        app.link.read((obis.IMPORT_ENERGY_T1 + 1, 5000000000), (obis.EXPORT_ENERGY_T1, 3))
        assert [long(device, at) for at in (0, 2, 4, 6, 40, 42, 44, 46, 48, 50)] == [
            1000, 301, 402, 297, 2392, 2301, 2300, 6100, -5812, 0
        ]  # fmt: skip
        assert [quad(device, at) for at in (100, 104, 108, 112, 116, 120, 132)] == [
            123456789, 10000, 1001, 0, UNCOUNTED, 5000000000, 3
        ]  # fmt: skip
        assert long(device, 92) == 2 and long(device, 94) == 208000000 + 1577836800


def test_no_two_quantities_share_a_register():
    taken = {}
    for row in registers.rows():
        for at in range(row[3], row[3] + row[4]):
            assert at not in taken and at not in (92, 93, 94, 95) and at < registers.SIZE, row
            taken[at] = row
