"""GET /history/… as CSV and as JSON lines: the same samples as in the columns, one per row."""

import json

from han.api.routes.past.export import Export
from han.api.routes.past.history import History, parse, wanted
from han.store.series.samples import DAYS, QUARTERS, TENS
from tests.api.fake import FULL, Running, ask, connect
from tests.api.routes.past.test_api_history import DAY, HOUR, START, Connection
from tests.store.world import EPOCH, World


async def export(world, kind, form, query="", comma=False):
    connection = Connection(None)
    await Export(world.history, kind, parse(query), form, comma).send(connection, 1000)
    head, _, body = connection.data.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n") and b"attachment; filename=" in head and b"no-store" in head
    assert connection.longest < 1500
    return body.decode()


async def columns(world, kind, query=""):
    connection = Connection(None)
    await History(world.history, kind, parse(query)).send(connection, 1000)
    return json.loads(connection.data.partition(b"\r\n\r\n")[2].decode())


def test_forms():
    assert wanted(None) == wanted("") == wanted("from=1") == ("json", False)
    assert wanted("from=1&format=csv") == ("csv", False) and wanted("format=jsonl") == ("jsonl", False)
    assert wanted("decimal=comma&format=csv") == ("csv", True) and wanted("format=csv&decimal=point") == ("csv", False)
    for query, name in (("format=xml", "format"), ("format=csv&decimal=,", "decimal"), ("decimal=comma", "decimal")):
        try:
            wanted(query)
            raise AssertionError(query)
        except ValueError as error:
            assert str(error).startswith(name + " must be")


async def test_lines_say_what_columns_say():
    world = World(true=START, price=lambda utc: (-8123456, "EUR"))
    world.run(2 * DAY + 60, 300, (2000, 0), current=(6100, -5800, None))
    for kind in (TENS, QUARTERS, DAYS):
        want = await columns(world, kind, "from=0")
        rows = [json.loads(line) for line in (await export(world, kind, "jsonl", "from=0")).split("\n")[:-1]]
        unit = "kw" if kind == TENS else "kwh"
        assert [row["t"] for row in rows] == want["t"]
        assert [row["f"] for row in rows] == want["f"]
        assert [row["import_" + unit] for row in rows] == want["i"]
        for name in ("c_min", "c_avg", "c_max"):
            assert [[row["%s_%d" % (name, n)] for n in (1, 2, 3)] for row in rows] == want[name]
        if kind == QUARTERS:
            assert [row["p"] for row in rows] == want["p"] and rows[0]["pc"] == "EUR"


async def test_csv_is_for_spreadsheets():
    world = World(true=START, price=lambda utc: (None, None))
    world.run(HOUR + 60, 10, (2000, 0), current=(6100, -5800, None))
    lines = (await export(world, QUARTERS, "csv")).split("\r\n")
    assert lines.pop() == ""
    head = lines[0].split(",")
    assert head[:5] == ["t", "time", "f", "import_kwh", "export_kwh"] and head[-4:] == ["ic", "ec", "p", "pc"]
    rows = [dict(zip(head, line.split(","))) for line in lines[1:]]
    assert all(len(line.split(",")) == len(head) for line in lines)
    assert rows[1]["t"] == str(START + EPOCH + 900) and rows[1]["import_kwh"] == "0.5"
    assert rows[1]["c_avg_1"] == "6.1" and rows[1]["c_avg_3"] == "" and rows[1]["p"] == ""
    # Where numbers have commas, a spreadsheet takes the semicolon for the end of a cell.
    written = (await export(world, QUARTERS, "csv", "", True)).split("\r\n")
    assert written[0] == ";".join(head) and len(written) == len(lines) + 1
    for line, same in zip(written[1:], lines[1:]):
        assert line.replace(",", ".").split(";") == same.split(",")
    assert "0,5" in written[2].split(";")
    # A row has the meter's counters at the end of its quarter of an hour; the current one has none yet.
    assert float(rows[2]["ic"]) - float(rows[1]["ic"]) == 0.5
    assert rows[-1]["ic"] == "" and rows[-1]["f"] == "1"


async def test_times_are_local_with_their_offset():
    world = World(true=START, winter=7200)
    world.run(HOUR, 10)
    text = (await export(world, QUARTERS, "csv", "limit=1")).split("\r\n")[1].split(",")[1]
    assert text[10] == "T" and text[-6:] in ("+02:00", "+03:00")
    world = World(true=START, winter=-12600)
    world.zone.summer = False
    world.run(HOUR, 10)
    assert (await export(world, QUARTERS, "csv", "limit=1")).split("\r\n")[1].split(",")[1].endswith("-03:30")


async def test_over_http():
    async with Running() as app:
        app.link.read(*FULL)
        for form, kind in (("csv", b"text/csv"), ("jsonl", b"application/x-ndjson")):
            socket = await connect(app)
            await socket.send(b"GET /history/hourly?format=%s HTTP/1.1\r\nHost: a\r\n\r\n" % form.encode())
            data = await socket.all()
            await socket.close()
            assert data.startswith(b"HTTP/1.1 200 OK\r\n") and kind in data
            # Chunked, because a client could not tell that a CSV without a length was cut off.
            assert b"\r\nTransfer-Encoding: chunked\r\n\r\n" in data and data.endswith(b"\r\n0\r\n\r\n")
        answer = await ask(app, "/history/hourly?format=xml")
        assert answer.status == 400 and "format" in answer.json()["message"]
