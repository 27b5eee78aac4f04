"""The map of unit 3 in docs/integrations/modbus.md is what the server answers, row by row."""

import re

from han.meter import obis
from han.out.modbus import registers
from han.out.modbus.device import Device
from han.out.modbus.pdu import answer
from han.out.table import cells, quantities, value
from staging import stage
from tests.api.fake import Running, put

PAGE = stage.ROOT / "docs" / "integrations" / "modbus.md"
READ, UNIT = 3, 3
WORDS = {"int32": 2, "uint32": 2, "uint64": 4}
PHASES = "_l1", "_l2", "_l3"
WHOLE_AND_PHASES = ("",) + PHASES
TARIFFS = "_t1", "_t2", "_t3", "_t4"
#: The keys in the table of quantities of what the page names.
KEYS = {
    "power, import less export; of L1, L2, L3": ["power" + more for more in WHOLE_AND_PHASES],
    "power imported": ["import" + more for more in WHOLE_AND_PHASES],
    "power exported": ["export" + more for more in WHOLE_AND_PHASES],
    "reactive power, import less export": ["reactive" + more for more in WHOLE_AND_PHASES],
    "apparent power": ["apparent" + more for more in WHOLE_AND_PHASES],
    "voltages of L1, L2, L3; without neutral L1-L2, L1-L3, L2-L3": ["voltage" + more for more in PHASES],
    "currents of L1, L2, L3": ["current" + more for more in PHASES],
    "frequency": ["frequency"],
    "power factor": ["power_factor" + more for more in WHOLE_AND_PHASES],
    "number of the tariff that is on": ["tariff"],
    "average demand of the running period": ["demand"],
    "this month's peak": ["peak"],
    "limit of power": ["limit"],
    "fuses of L1, L2, L3": ["fuse" + more for more in PHASES],
    "power failures, long ones": ["failures", "long_failures"],
    "voltage sags": ["sags" + more for more in PHASES],
    "voltage swells": ["swells" + more for more in PHASES],
    "energy imported, exported": ["import_energy", "export_energy"],
    "reactive energy imported, exported": ["reactive_import_energy", "reactive_export_energy"],
    "energy imported in tariff 1 to 4": ["import_energy" + more for more in TARIFFS],
    "energy exported in tariff 1 to 4": ["export_energy" + more for more in TARIFFS],
}
SEQ, TIME = "number of the telegram since the start", "when it came, Unix time"


class Numbers:
    """An Extra in which every number is there, each another one."""

    def number(self, code):
        return 5000 + code


def documented():
    """[(registers, quantity, type, unit)] of the page."""
    part = PAGE.read_text().partition("\n## Unit 3\n")[2].partition("\n## ")[0]
    found = []
    for line in part.splitlines():
        if re.match(r"\| \d", line):
            places, quantity, kind, unit = [cell.strip() for cell in line.strip("|").split("|")]
            found.append(([int(at) for at in re.split("[;,] ", places)], quantity, kind, unit))
    return found


def read(device, at, kind):
    """What the server answers for one number."""
    data = answer(device, bytes((UNIT, READ, at >> 8, at & 0xFF, 0, WORDS[kind])))
    assert data[:2] == bytes((READ, 2 * WORDS[kind])), (at, data)
    return int.from_bytes(data[2:], "big", signed=kind == "int32")


def told(unit, places):
    """How the page writes a unit of the table."""
    if unit == "-":
        unit = ""
    if unit[:1] == "k":
        return unit[1:]
    return ("%s %s" % ("0." + "0" * (places - 1) + "1", unit)).strip() if places else unit


async def test_each_documented_row():
    async with Running() as app:
        app.clock.set(208000000, "ntp")
        for field in range(obis.FIELDS):
            put(app.link.live, field, 1000 + 7 * field)
        app.link.live.extra = Numbers()
        app.link.read()
        live = app.messages.fresh()
        device = Device(app)
        seen, numbers = set(), set()
        rows = documented()
        for places, quantity, kind, unit in rows:
            if quantity in (SEQ, TIME):
                (at,) = places
                wanted = live.seq if quantity == SEQ else app.clock.unix_ms(live.received) // 1000
                assert read(device, at, kind) == wanted
                continue
            assert len(places) == len(KEYS[quantity]), quantity
            for at, key in zip(places, KEYS[quantity]):
                wanted = value(app, live, key)
                assert read(device, at, kind) == wanted is not None, (quantity, at)
                base, digits = cells(key, "unit", "places")
                assert told(base, int(digits)) == unit, quantity
                seen.add(key)
                numbers.add((at, WORDS[kind]))
        # Nothing is left out, neither in the page nor in the registers.
        assert seen == {key for key, _ in quantities("key", "modbus")} and len(rows) == len(KEYS) + 2
        assert numbers == {(at, size) for _, _, _, at, size in registers.rows()}
        # What no meter tells is "not known", as the page has it.
        app.link.live.extra = None
        app.link.live.present[obis.IMPORT_ENERGY_T1 + 3] = 0
        app.link.read()
        assert read(device, 52, "int32") == -0x80000000 and read(device, 128, "uint64") == 0xFFFFFFFFFFFFFFFF
        assert "All registers up to %d can be read." % (registers.SIZE - 1) in PAGE.read_text()
