"""Sub-meters in the meter message: `sub` on /meter and the streams, not on /meter/data."""

import json

from host_sim.meters.p1 import telegram
from tests.api.fake import ask, get
from tests.api.messages.test_api_meter_change import Reader
from tools.fields import iso as iso

GAS = "0-1:24.1.0(003)", "0-1:96.1.0(4730303339)", "0-1:24.2.1(230720100000S)(12785.123*m3)"
WATER = "0-2:24.1.0(007)", "0-2:96.1.1(3853)", "0-2:24.2.1(230720100500S)(00872.234*m3)"
CLOCK = "0-0:1.0.0(230720101112S)"
MS = 1689840000000  # 2023-07-20 10:00 in Amsterdam


def said(*lines, power="00.500"):
    rows = ["/SIM5HAN-1", ""] + list(lines)
    return telegram(rows + ["1-0:1.8.0(000100.000*kWh)", "1-0:1.7.0(%s*kW)" % power])


async def sub(app):
    return (await get(app, "/meter")).get("sub")


async def zone(app, name):
    body = json.dumps({"t": name}).encode()
    assert (await ask(app, "/configuration", method="PUT", body=body)).status == 200


async def test_where_it_is_and_where_not():
    reader = Reader()
    async with reader as app:
        await reader.hear(app, said(CLOCK))
        assert "sub" not in await get(app, "/meter")
        await zone(app, "Europe/Amsterdam")
        await reader.hear(app, said(CLOCK, *WATER, *GAS))
        gas = {"ch": 1, "kind": "gas", "id": "G0039", "v": 12785.123, "unit": "m3", "ts": MS}
        water = {"ch": 2, "kind": "water", "id": "8S", "v": 872.234, "unit": "m3", "ts": MS + 300000}
        assert await sub(app) == [gas, water]
        assert "sub" not in await get(app, "/meter/data")
        opened = json.loads(app.messages.stream("meter").open.decode() + "}")
        assert opened["sub"] == [gas, water] and opened["seq"] == 2
        # Another meter on the channel, and a telegram that is refused.
        await reader.hear(app, said(CLOCK, "0-1:24.1.0(003)", "0-1:96.1.0(4731)", "0-1:24.2.1(230720101000S)(1.5*m3)"))
        new = {"ch": 1, "kind": "gas", "id": "G1", "v": 1.5, "unit": "m3", "ts": MS + 600000}
        assert await sub(app) == [new]
        await reader.hear(app, said(CLOCK, *GAS, power="9999.000"))
        assert app.link.counters.implausible == 1 and await sub(app) == [new]
        await reader.hear(app, said(CLOCK))
        assert await sub(app) is None


async def test_kinds_and_what_is_not_told():
    reader = Reader()
    async with reader as app:
        kinds = (2, "electricity"), (4, "heat"), (10, "cold"), (6, "hot_water"), (0, "other"), (99, "other")
        for number, kind in kinds:
            await reader.hear(app, said(CLOCK, "0-3:24.1.0(%03d)" % number, "0-3:24.2.1(632525252525S)(12.5)"))
            want = {"ch": 3, "kind": kind, "id": None, "v": 12.5, "unit": None, "ts": None}
            assert await sub(app) == [want]
        await reader.hear(app, said(CLOCK, "0-4:96.1.0(22225C)"))
        assert await sub(app) == [{"ch": 4, "kind": None, "id": '""\\', "v": None, "unit": None, "ts": None}]


async def test_the_time_of_a_value():
    reader = Reader()
    async with reader as app:
        value = "0-1:24.2.1(%s)(1.5*m3)"
        await zone(app, "Europe/Amsterdam")
        for sent, meter, ms in (
            ("230720100000S", CLOCK, MS),
            ("230720100000", CLOCK, MS),
            ("230720100000", None, MS),  # DSMR 2.2 has no clock
            ("230120100000W", CLOCK, 1674205200000),
            ("700101010000W", CLOCK, None),
            ("700101010000W", None, None),
            # The hour that comes twice.
            ("221030023000S", CLOCK, 1667089800000),
            ("221030023000W", CLOCK, 1667093400000),
        ):
            await reader.hear(app, said(*([meter] if meter else []) + [value % sent]))
            assert (await sub(app))[0]["ts"] == ms, (sent, meter)


async def test_the_time_of_a_value_without_a_zone():
    reader = Reader()
    async with reader as app:
        app.clock.set(200_000_000, "ntp")  # 2026, in summer
        for letter, offset in (("S", 7200), ("W", 3600), ("", 3600)):
            local = iso(app.clock.utc() + 10 + offset)[2:].replace("-", "").replace("T", "").replace(":", "")
            for sent, hours in (("260401120000S", 2), ("260401110000W", 1), ("260401120000", offset // 3600)):
                hours = hours if letter else 1
                await reader.hear(app, said("0-0:1.0.0(%s%s)" % (local, letter), "0-1:24.2.1(%s)(1.5*m3)" % sent))
                ts = (await sub(app))[0]["ts"]
                want = "2026-04-01T%02d:00:00" % (int(sent[6:8]) - hours)
                assert iso(ts // 1000 - 1577836800) == want, (letter, sent)
        # Neither zone nor clock: nothing tells.
        await reader.hear(app, said("0-1:24.2.1(260401120000S)(1.5*m3)"))
        assert (await sub(app))[0]["ts"] is None
