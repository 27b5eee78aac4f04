"""/metrics as both parsers of prometheus_client read it."""

import asyncio

from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_families
from prometheus_client.parser import text_string_to_metric_families as old_families

from tests.api.fake import FULL, Running, ask
from tests.api.routes.test_api_events import send, telegram
from tests.api.routes.test_api_registers import reading
from tests.meter.besides import test_extra

#: Metrics that are another number in each answer.
MOVING = "han_heap", "han_uptime", "han_reading_age"
OPEN = "application/openmetrics-text;version=1.0.0"


async def families(app):
    """The families of both formats, {name: family} each."""
    old = await ask(app, "/metrics")
    assert old.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    new = await ask(app, "/metrics", headers="Accept: %s\r\n" % OPEN)
    assert new.headers["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    return [
        {family.name: family for family in parse(answer.body.decode())}
        for parse, answer in ((old_families, old), (open_families, new))
    ]


def check(old, new, least):
    values = [
        {(sample.name, tuple(sorted(sample.labels.items()))): sample.value for family in found.values()
         for sample in family.samples if not family.name.startswith(MOVING)} for found in (old, new)
    ]
    assert values[0] == values[1] and len(values[0]) > least
    for name, family in new.items():
        assert family.documentation and family.type in ("gauge", "counter", "info")
        assert not family.unit or name.endswith("_" + family.unit)
    return values[1]


def test_both_parsers_read_the_same():
    async def asked():
        async with Running() as app:
            check(*await families(app), 15)
            app.link.read(*FULL)
            found = check(*await families(app), 40)
            assert found["han_import_energy_watthours_total", ()] == 123456789
            assert found["han_phase_power_watts", (("phase", "L3"),)] == 297
        async with Running(reading(b"")) as app:
            await send(app, telegram(*test_extra.LINES[3:]))
            found = check(*await families(app), 40)
            assert [name for name, _ in found if "submeter" in name]

    asyncio.run(asked())
