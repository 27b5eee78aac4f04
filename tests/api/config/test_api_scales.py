"""Scales that the reader finds out, as seen by clients, the history and the flash; and scales that the owner sets."""

import asyncio
import io
import json
from binascii import crc32

from han.api.config import settings
from han.core.strictjson import Parser
from han.store.config import defaults, merged

from tests.api.fake import ask, get
from tests.api.routes.test_api_diagnostics import trusted, until
from tests.api.messages.test_api_meter_change import Reader, Witness
from tests.meter.lists.kamstrup import NORWAY, SWEDEN, load, telegram

STEP = 50  # s between two telegrams; a minute would count as silence


class House:
    """A Kamstrup that imports 1500 W and counts in `step` Wh; it sends its list with counters every hour."""

    def __init__(self, step, kind=SWEDEN, scale=100):
        self.step = step
        self.kind = kind
        self.scale = scale
        self.work = 23060000 * 3600  # Ws
        self.t = 0

    @property
    def wh(self):
        return self.work // 3600

    def lists(self, seconds):
        """The telegrams of so many seconds."""
        for _ in range(seconds // STEP):
            self.t += STEP
            self.work += 1500 * STEP
            counters = (self.wh // self.step, 0) if self.t % 3600 == 0 else ()
            yield telegram(counters=counters, kind=self.kind, **load(1500, self.scale))

    async def run(self, reader, app, seconds):
        for data in self.lists(seconds):
            reader.heard += 1
            reader.board.ticks += 1000 * STEP
            reader.board.uart.data += data
            await until(lambda: app.link.counters.frames == reader.heard)
        await asyncio.sleep(0.02)  # time for the subscribers


async def scales(app):
    return (await trusted(app, "/diagnostics")).json()["scales"]


def told(witness):
    """The counters of imported energy that clients have received, each once."""
    found = []
    for text in witness.said:
        counter = json.loads(text)["ic"]
        if not found or found[-1] != counter:
            found.append(counter)
    return found


async def test_nobody_is_told_a_counter_before_its_scale_is_known():
    house = House(1)
    reader = Reader()
    async with reader as app:
        witness = Witness(app)
        app.bus.boxes["meter"].append(witness)
        await house.run(reader, app, 3600)
        assert (await get(app, "/meter"))["ic"] is None and (await get(app, "/meter/data"))["ic"] is None
        energy = (await scales(app))["energy"]
        assert energy["multiplier"] is None and energy["by"] == "measuring"
        await house.run(reader, app, 2 * 3600)
        message = await get(app, "/meter")
        assert message["ic"] == house.wh / 1000 and message["pi"][0] == load(1500)["power"]
        assert (await scales(app))["energy"] == {
            "multiplier": 0.1, "by": "known", "claims": 0, "interval": {"s": 0, "import_wh": 0, "export_wh": 0},
        }  # fmt: skip
        numbers = told(witness)
        assert numbers[0] is None and numbers[1:] and min(numbers[1:]) > 23060 and max(numbers[1:]) == house.wh / 1000
        assert sorted(numbers[1:]) == numbers[1:]
        # The history went by the power until then, and saw no other meter.
        assert not app.history.buckets[2].f & 8 and 4000 < app.history.buckets[2].a <= 4500
        app.bus.boxes["meter"].remove(witness)
    # After a restart it is known, and so is the counter.
    reader = Reader(reader.board.flash)
    async with reader as app:
        await house.run(reader, app, STEP)
        assert (await get(app, "/meter"))["ic"] == (house.wh - 1500 * STEP // 3600) / 1000
        await house.run(reader, app, 3600 - STEP)
        assert (await get(app, "/meter"))["ic"] == house.wh / 1000
        assert app.link.live.meters == 0 and app.link.counters.implausible == 0


async def test_one_that_was_told_wrong_is_another_meter_to_all():
    house = House(1)
    reader = Reader()
    async with reader as app:
        # Counters that a version without scales has kept.
        app.counters.update((house.wh * 10, 0, None, None), crc32(b"5706560000067890"))
    reader = Reader(reader.board.flash)
    async with reader as app:
        assert app.counters.values[0] == house.wh * 10
        witness = Witness(app)
        app.bus.boxes["meter"].append(witness)
        await house.run(reader, app, 4 * 3600)
        assert (await get(app, "/meter"))["ic"] == house.wh / 1000
        numbers = told(witness)
        fall = [i for i in range(1, len(numbers)) if (numbers[i] or 0) < (numbers[i - 1] or 0)]
        # It falls once, to zero, and is right from then on.
        assert len(fall) == 1 and numbers[-1] == house.wh / 1000, numbers
        assert max(numbers[: fall[0]]) <= (23060000 + 2 * 1500) / 100
        assert app.link.live.meters == 1 and app.counters.values[0] == house.wh
        assert app.history.buckets[2].f & 8 and app.history.buckets[2].a < 100000
        app.bus.boxes["meter"].remove(witness)


async def test_currents_that_proved_themselves_are_right_after_a_restart():
    house = House(10, NORWAY, 1000)
    reader = Reader()
    async with reader as app:
        await house.run(reader, app, 4 * STEP)
        assert (await scales(app))["current"] == {"multiplier": 0.1, "by": "telegram", "claims": 4}
        assert app.config.get("scales") == {}
        await house.run(reader, app, STEP)
        assert (await scales(app))["current"] == {"multiplier": 0.1, "by": "known", "claims": 0}
        kept = app.config.get("scales")
        assert kept == {"meter": app.link.decoder.scales.meter, "u": 0, "i": -1, "e": None} and kept["meter"]
        # It is no setting: clients neither see nor set it.
        assert "scales" not in await get(app, "/configuration")
        answer = await ask(app, "/configuration", "PUT", "", b'{"scales":{},"m":{"f":35}}')
        assert answer.status == 200 and app.config.get("scales") == kept and app.config.get("m", "f") == 35
    reader = Reader(reader.board.flash)
    async with reader as app:
        values = load(200, 1000)
        reader.board.uart.data += telegram(**values)
        await until(lambda: app.link.live.seq)
        assert (await get(app, "/meter"))["i"] == [number / 1000 for number in values["amperes"]]


def test_a_version_that_knows_nothing_of_scales_gives_them_back():
    known = {"meter": 123456789, "u": -2, "i": None, "e": -1}
    values = defaults()
    values["scales"] = known
    values["m"]["s"] = {"e": 100, "i": 0, "u": 0}
    values["m"]["ct"] = 60
    older = defaults()
    del older["scales"], older["m"]["s"], older["m"]["ct"]
    there = merged(json.loads(json.dumps(values)), older)
    there = settings.changed(Parser(b'{"m":{"f":63}}').parse(), there)
    back = merged(json.loads(json.dumps(there)), defaults())
    values["m"]["f"] = 63
    assert back == values
    # A kept value that is no scale counts as none.
    for wrong in None, 5, [], "x":
        assert merged({"scales": wrong, "m": {"s": wrong, "ct": "60"}}, defaults()) == defaults()


async def test_the_owners_multipliers_are_taken_while_it_runs():
    house = House(10, NORWAY)
    reader = Reader()
    async with reader as app:
        await house.run(reader, app, 3600)
        first = await get(app, "/meter")
        assert first["ic"] == house.wh // 10 / 100
        answer = await ask(app, "/configuration", "PUT", "", b'{"m":{"ct":60,"s":{"u":1.5}}}')
        assert answer.json() == {"success": True, "message": "configuration:ok", "rebootRequired": False}
        # What was read before is what it was; the counters from before are not those of the site.
        assert dict(await get(app, "/meter"), age=0) == dict(first, age=0)
        assert dict(await get(app, "/meter/data"), age=0)["i"] == first["i"]
        flash = {name: io.BytesIO(file.getvalue()) for name, file in reader.board.flash.items()}
        await house.run(reader, app, STEP)
        assert (await get(app, "/meter"))["ic"] is None and app.link.live.meters == 1
        await house.run(reader, app, 3600 - STEP)
        message = await get(app, "/meter")
        assert message["ic"] == 60 * (house.wh // 10) / 100 and message["pi"][0] == 60 * first["pi"][0]
        assert message["i"] == [60 * number for number in first["i"]] and message["u"] == [345] * 3
        assert (await scales(app))["ct"] == 60
        assert (await scales(app))["voltage"] == {"multiplier": 1.5, "by": "setting", "claims": 0}
        answer = await ask(app, "/configuration", "PUT", "", b'{"m":{"ct":60,"s":{"e":"0.1"}}}')
        assert answer.status == 400 and answer.json()["message"].startswith("m.s.e must be 0, which")
        assert app.link.live.meters == 1
    # Nor would they be after a restart right then.
    again = Reader(flash)
    async with again as app:
        assert app.counters.values == [None] * 4
    reader = Reader(reader.board.flash)
    async with reader as app:
        await house.run(reader, app, STEP)
        message = await get(app, "/meter")
        assert message["pi"][0] == 60 * first["pi"][0] and app.link.live.meters == 0
        assert message["ic"] == 60 * ((house.wh - 1500 * STEP // 3600) // 10) / 100
