"""docs/openapi.yaml describes what the reader does: its paths are the routes, and all answers match its schemas."""

import asyncio
import json

import jsonschema_rs
import pytest

from han.api.config.fields import FIELDS
from han.api.routes.table import TABLE
from han.api.config.settings import changed
from han.api.messages.registers import pieces
from han.meter.submeters.now import Sub
from han.out import paths
from han.store.config import defaults
from han.store.ledger.records import HOURS, Ledger, Row
from han.tariff.presets import names
from han.tariff.rules import Rule
from tests.api.fake import FULL, Answer, Running, ask, get, raw
from tests.api.messages.test_api_meter_change import Reader, said
from tests.api.routes import test_api_events, test_api_peaks, test_api_registers
from tests.api.routes.past import test_api_sub
from tests.meter.besides import test_extra
from tests.meter.registers.taps import copies
from tests.support import telegrams
from tools.prove import apifuzz
from tools.docs import openapi
from tools.measure.simulator import Simulator

DOCUMENT = openapi.document()


def routes():
    rows = [row.split(" ") for row in TABLE.strip().split("\n")] + paths.rows("/metrics", lambda language: True)
    return {(path, method) for path, _, *methods in rows for method in methods}


def test_every_route_is_described_and_nothing_else():
    assert openapi.operations(DOCUMENT) == routes()


def test_every_operation_has_its_own_name_and_says_what_goes_wrong():
    names = []
    for path, item in DOCUMENT["paths"].items():
        for method in openapi.METHODS:
            if method in item:
                operation = item[method]
                names.append(operation["operationId"])
                assert "503" in operation["responses"] and "403" in operation["responses"], (path, method)
                assert ("requestBody" not in operation) or "413" in operation["responses"]
    assert len(set(names)) == len(names)


def test_the_fields_of_the_configuration_are_those_that_it_takes():
    described = {}

    def walk(schema, path):
        for name, inner in schema["properties"].items():
            if "properties" in inner:
                walk(inner, path + name + ".")
            else:
                described[path + name] = resolve(inner["$ref"]) if "$ref" in inner else inner

    walk(DOCUMENT["components"]["schemas"]["Settings"], "")
    taken = {rule.split(" ")[0]: rule.split(" ")[1:] for rule in FIELDS.split("\n")}
    assert described.keys() == taken.keys()
    for path, (kind, *limits) in taken.items():
        schema = described[path]
        if kind == "int":
            assert (schema["minimum"], schema["maximum"]) == tuple(map(int, limits)), path
        elif kind == "one":
            assert schema["enum"] == [False if limit == "false" else limit for limit in limits], path
        elif kind in ("price", "times"):
            for value, good in ((schema["minimum"], True), (schema["maximum"], True), (schema["maximum"] + 1, False)):
                assert taken_as(path, value) == good, (path, value)


def taken_as(path, value):
    """True if the reader accepts this value of a setting."""
    for name in reversed(path.split(".")):
        value = {name: value}
    try:
        changed(value, defaults())
    except ValueError:
        return False
    return True


def test_every_field_is_described():
    """docs/api.md takes its texts from these descriptions."""

    def walk(schema, path):
        for name, inner in schema.get("properties", {}).items():
            assert "description" in inner or name == "type", path + name
            walk(inner, path + name + ".")
        if isinstance(schema.get("items"), dict):
            walk(schema["items"], path)

    for name, schema in DOCUMENT["components"]["schemas"].items():
        assert "description" in schema or "properties" not in schema, name
        walk(schema, name + ".")


def validate(path, method, answer):
    """Assert that an answer matches its description."""
    responses = DOCUMENT["paths"][path][method.lower()]["responses"]
    described = responses[str(answer.status)]
    while "$ref" in described:
        described = resolve(described["$ref"])
    kind = answer.headers["content-type"].split(";")[0]
    schema = described["content"][kind]["schema"]
    if kind == "application/json":
        whole = dict(schema, components=DOCUMENT["components"])
        jsonschema_rs.Draft202012Validator(whole).validate(json.loads(answer.body))


def resolve(reference):
    found = DOCUMENT
    for name in reference[2:].split("/"):
        found = found[name]
    return found


async def answers(app, token):
    trusted = "Authorization: Bearer %s\r\n" % token
    for path, method in sorted(openapi.operations(DOCUMENT)):
        if path in ("/ws", "/sse", "/reboot", "/meter/registers", "/peaks", "/out/test"):
            continue
        body = b'{"m":{"f":35}}' if method in ("PUT", "POST", "PATCH") else b""
        if path == "/setup":
            body = b'{"s":true,"ss":"Home","sp":"correct horse"}'
        target = path + ("?ch=1" if path == "/history/sub" else "")
        head = "%s %s HTTP/1.1\r\nHost: 10.0.0.1\r\nContent-Length: %d\r\n" % (method, target, len(body))
        answer = Answer(await raw(app, (head + trusted + "\r\n").encode() + body))
        # Of updates there is none, and only one slot for them; there is no sub-meter either.
        expected = (200, 409) if path.startswith(("/ota", "/update")) else (404,) if "sub" in path else (200, 503)
        assert answer.status in expected, (path, method, answer.status)
        validate(path, method, answer)


PRICED = {"p": 8123456, "vat": 2550, "fees": [[2790000, 7, 22, 31, 4095]], "monthly": 399000000, "sell": -1}


@pytest.mark.parametrize(("reading", "settings"), ((False, {}), (True, {}), (False, PRICED), (True, PRICED)))
def test_answers_are_as_described(reading, settings):
    async def all_of_them():
        reader = Reader()
        async with reader as app:
            app.config.values.update(settings)
            if reading:
                await reader.hear(app, said("METER1", 5000123, 700456), said("METER1", 5000200, 700456))
            await answers(app, (await get(app, "/auth/token"))["accessToken"])

    asyncio.run(all_of_them())


def test_alarms_are_as_described():
    async def asked():
        async with Running() as app:
            ledger = Ledger(app.history)
            row = Row(app.clock.utc() // 3600 * 3600 - 7200)
            row.alarms = 0b111
            ledger.append(HOURS, row)
            rules = {"current": {"percent": 10, "s": 0}, "power": {"w": 5}, "selling": {}, "silent": {}}
            body = json.dumps({"alarms": dict(rules, price={"below": 5})}).encode()
            assert (await ask(app, "/configuration", "PUT", "", body)).status == 200
            for _ in range(2):
                await asyncio.sleep(1.2)
                for path in "/alarms", "/alarms?from=0", "/alarms?from=x", "/health", "/configuration":
                    validate(path.partition("?")[0], "GET", await ask(app, path))
                app.link.read(*FULL)  # the second time they are known
            assert len((await get(app, "/alarms?from=0"))["hours"]) == 2
            assert (await get(app, "/health"))["alarms"][0]["phase"] == 1

    asyncio.run(asked())


def test_registers_are_as_described():
    """Of every recorded telegram, and through the API."""
    whole = dict(resolve("#/components/schemas/Registers"), components=DOCUMENT["components"])
    schema = jsonschema_rs.Draft202012Validator(whole)
    for entry in telegrams(expect="decode"):
        for copy in copies(entry):
            schema.validate(json.loads("".join(pieces(copy, 1, lambda register: None))))

    async def asked():
        async with Running(test_api_registers.reading(b"")) as app:
            schema.validate(await test_api_registers.sent_after(app, test_api_registers.P1 % b"00.333"))
            app.link.live.period_ms = 100
            answer = await ask(app, "/meter/registers")
            assert answer.status == 503
            validate("/meter/registers", "GET", answer)

    asyncio.run(asked())


def test_what_few_meters_send_is_as_described():
    """All that a telegram can say of the meter itself, its sub-meters and events."""

    async def asked():
        async with Running(test_api_registers.reading(b"")) as app:
            # Behind the clock, a power and a counter, which that telegram has.
            await test_api_events.send(app, test_api_events.telegram(*test_extra.LINES[3:]))
            for path in "/meter", "/meter/events":
                validate(path, "GET", await ask(app, path))
            assert len((await get(app, "/meter"))["x"]) > 10

    asyncio.run(asked())


def test_peaks_are_as_described():
    """What a meter tells, and what the reader has found, for each preset and without a rule."""

    async def asked():
        async with Running(test_api_peaks.belgian()) as app:
            await test_api_registers.silence(app)
            for cap in {}, {"preset": "flanders", "price": 470000000}:
                app.config.values["cap"] = cap
                line = test_api_registers.Line(app, 1000)
                answer = asyncio.create_task(ask(app, "/peaks"))
                await line.waiting()
                line.send(test_api_peaks.sent())
                await test_api_registers.silence(app)
                validate("/peaks", "GET", await answer)
            for name in names():
                if not Rule({"preset": name}).plain():
                    app.config.values["cap"] = {"preset": name}
                    validate("/peaks", "GET", await ask(app, "/peaks"))
        async with Running() as app:
            validate("/peaks", "GET", await ask(app, "/peaks"))

    asyncio.run(asked())


def test_refusals_are_as_described():
    async def all_of_them():
        async with Running() as app:
            for path, method in sorted(openapi.operations(DOCUMENT)):
                answer = await ask(app, path, method, host="evil.example.com")
                assert answer.status == 403
                validate(path, method, answer)
            for path in "/diagnostics", "/diagnostics/capture":
                answer = await ask(app, path)
                assert answer.status == 401
                validate(path, "GET", answer)
            for body in b"", b"{", b"[]", b'{"p":"x"}', b'{"m":{"f":5}}', b"\xff" * 100:
                answer = await ask(app, "/configuration", "PUT", "", body)
                assert answer.status == 400
                validate("/configuration", "PUT", answer)
            answer = await ask(app, "/configuration", "PUT", "", b" " * 9000)
            assert answer.status == 413
            validate("/configuration", "PUT", answer)
            answer = await ask(app, "/history/hourly?limit=0")
            assert answer.status == 400
            validate("/history/hourly", "GET", answer)
            answer = await ask(app, "/ws")
            assert answer.status == 400
            validate("/ws", "GET", answer)

    asyncio.run(all_of_them())


def test_a_part_of_make_api_fuzz():
    with Simulator("--port", 0) as reader:
        reader.wait_for_reading()
        assert apifuzz.fuzz(reader.url, 3, 7) > 40
        assert reader.get("/health")["type"] == "HAN_HEALTH_MESSAGE"


def test_samples_of_a_sub_meter_are_as_described():
    rows = [(test_api_sub.START + n * 3600, n * 1250, n == 3) for n in range(6)]
    whole = {"$ref": "#/components/schemas/SubHistory", "components": DOCUMENT["components"]}
    for length, now in ((6, None), (7, Sub(3, "G2", "m3", 99, None))):
        house = test_api_sub.house(HOURS, rows, length * 3600 + 60)
        message = asyncio.run(test_api_sub.ask(house, HOURS, now=now))
        jsonschema_rs.Draft202012Validator(whole).validate(message)
        assert len(message["t"]) == length
