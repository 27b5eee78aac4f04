"""Networks without a neutral, signed currents and their settings as clients see them, with the whole reader."""

from host_sim.house import House
from host_sim.meters import create
from host_sim.meters.parts import lines
from host_sim.meters.p1 import telegram
from tests.api.fake import get
from tests.api.routes.test_api_diagnostics import trusted
from tests.api.messages.test_api_meter_change import Reader
from tests.api.config.test_api_settings import put

HOUR = 1763802010  # a list with currents is due


def rows(power, volts, amperes, phases=()):
    """A P1 telegram: W, V, A; phases: W, exported where negative. None: not sent."""
    said = ["/SIM5HAN-1", "", "1-0:1.7.0(%07.3f*kW)" % (max(power, 0) / 1000)]
    said.append("1-0:2.7.0(%07.3f*kW)" % (max(-power, 0) / 1000))
    for k in range(3):
        if volts[k] is not None:
            said.append("1-0:%d.7.0(%05.1f*V)" % (32 + 20 * k, volts[k]))
        if amperes[k] is not None:
            said.append("1-0:%d.7.0(%05.1f*A)" % (31 + 20 * k, amperes[k]))
    for k, number in enumerate(phases):
        said.append("1-0:%d.7.0(%07.3f*kW)" % (21 + 20 * k, max(number, 0) / 1000))
        said.append("1-0:%d.7.0(%07.3f*kW)" % (22 + 20 * k, max(-number, 0) / 1000))
    return telegram(said)


async def network(app):
    return (await trusted(app, "/diagnostics")).json()["network"]


async def set_to(app, **settings):
    assert (await put(app, {"m": settings})).status == 200


async def test_a_meter_without_neutral():
    meter = create("aidon_it")
    reader = Reader()
    async with reader as app:
        moment = House(HOUR, 5, meter.ZONE_MIN).state(HOUR * 1000)
        await reader.hear(app, meter.encode(moment))
        flows = lines.currents(moment.p, moment.q, sum(moment.u) // 3)
        message, data, compact = await get(app, "/meter"), await get(app, "/meter/data"), await get(app, "/data")
        for k in range(3):
            assert abs(abs(message["i"][k]) - flows[k] / 1000) < 0.5, (message["i"], flows)
        assert message["i"] == data["i"] == [compact["i%d" % k] for k in (1, 2, 3)]
        assert compact["im"] == 10392 and compact["mf"] == 25
        said = await network(app)
        assert said == {"setting": "auto", "found": "3p3w", "computed": ["i2"], "unknown": [], "signs": "power"}
        # Another setting takes effect with the next telegram.
        await set_to(app, n="3p4w")
        assert (await get(app, "/data"))["im"] == 18000
        await set_to(app, n="3p3w", f=63)
        assert (await get(app, "/data"))["im"] == 26188


async def test_what_cannot_be_known_is_null_and_0_for_who_wants_numbers():
    reader = Reader()
    async with reader as app:
        await reader.hear(app, rows(2000, (231, 0, 230), (20, 0, 5)))
        message, data = await get(app, "/meter"), await get(app, "/meter/data")
        assert message["u"] == [231, None, 230] and message["i"] == [20, None, 5]
        assert data["u"] == [231, 0, 230] and data["i"] == [20, 0, 5]
        said = await network(app)
        assert said["found"] == "3p3w" and said["computed"] == [] and said["unknown"] == ["u2", "i2"]
        await reader.hear(app, rows(4600, (231, 0, 230), (20, 0, 5)))
        assert 15 < (await get(app, "/meter"))["i"][1] < 25
        assert (await network(app))["computed"] == ["i2"]


async def test_l2_without_load_is_told_from_l2_without_a_measurement_by_the_setting():
    reader = Reader()
    async with reader as app:
        quiet = rows(4000, (231, 230, 230), (12, 0, 12))
        await reader.hear(app, quiet)
        assert (await get(app, "/meter"))["i"] == [12, 0, 12] and (await get(app, "/data"))["im"] == 18000
        await set_to(app, n="3p3w")
        await reader.hear(app, quiet)
        assert 5 < (await get(app, "/meter"))["i"][1] < 12 and (await get(app, "/data"))["im"] == 10392
        await set_to(app, n="1p")
        await reader.hear(app, quiet)
        assert (await get(app, "/meter"))["i"] == [12, 0, 12] and (await get(app, "/data"))["im"] == 6000
        assert (await get(app, "/configuration"))["m"]["n"] == "1p"
    reader = Reader(reader.board.flash)
    async with reader as app:
        await reader.hear(app, quiet)
        assert (await get(app, "/data"))["im"] == 6000


async def test_what_is_exported_is_no_full_fuse():
    reader = Reader()
    async with reader as app:
        out = rows(-5000, (231, 230, 230), (12, 13, 2.5), (-2600, -2900, 500))
        await reader.hear(app, out)
        for path in "/meter", "/meter/data":
            assert (await get(app, path))["i"] == [-12, -13, 2.5]
        compact = await get(app, "/data")
        assert [compact["i%d" % k] for k in (1, 2, 3)] == [-12, -13, 2.5]
        await set_to(app, **{"is": "off"})
        await reader.hear(app, out)
        assert (await get(app, "/meter"))["i"] == [12, 13, 2.5] and (await network(app))["signs"] == "none"
        await set_to(app, **{"is": "auto"})
        # A list with powers alone, and power without a direction.
        await reader.hear(app, rows(-8300, (231, 230, 230), (12, 13, 12)))
        assert (await get(app, "/meter"))["i"] == [-12, -13, -12]
        await reader.hear(app, rows(0, (231, 230, 230), (0.4, 0.5, 0), (0, 0, 0)))
        assert (await get(app, "/meter"))["i"] == [0.4, 0.5, 0]


async def test_settings_of_the_version_before_have_none_of_them():
    reader = Reader()
    reader.board.given = '{"m": {"f": 35}}'
    async with reader as app:
        await reader.hear(app, rows(3000, (231, None, None), (13, None, None)))
        assert (await get(app, "/data"))["im"] == 35 * 240
        assert (await get(app, "/configuration"))["m"]["is"] == "auto"
