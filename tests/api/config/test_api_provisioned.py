"""A configuration that came with the board's first image."""

import json

from tests.api.fake import Board, Running, ask, get

GIVEN = json.dumps({"m": {"f": 35}, "w": {"s": "home", "p": "secret pass"}, "p": 7250000, "later": 1})


async def health(app):
    rows = (await get(app, "/health"))["services"]
    return [(row["health"], row["error"]) for row in rows if row["name"] == "configuration"][0]


async def test_it_is_taken_once_and_then_kept_as_any_other():
    board = Board()
    board.given = GIVEN
    async with Running(board) as app:
        found = await get(app, "/configuration")
        assert (found["m"]["f"], found["w"]["s"], found["p"], found["t"]) == (35, "home", 7.25, "Etc/UTC")
        assert app.config.get("w", "p") == "secret pass" and app.config.values["later"] == 1
        assert (await health(app))[0] == "ok"
        answer = await ask(app, "/configuration", "PUT", "Content-Type: application/json\r\n", b'{"m": {"f": 16}}')
        assert answer.status == 200
    again = Board(board.flash)
    again.given = GIVEN
    async with Running(again) as app:
        assert app.config.get("m", "f") == 16 and app.config.get("w", "s") == "home"


async def test_it_brings_a_reader_back_whose_two_copies_are_damaged():
    board = Board()
    async with Running(board) as app:
        app.config.change(app.config.values)
        app.config.change(app.config.values)
    flash = board.flash["state"]
    for sector in range(2):
        flash.seek(sector * 4096 + 40)
        flash.write(b"\0\0\0\0")
    board = Board(board.flash)
    async with Running(board) as app:
        assert (await health(app))[0] == "degraded"
    board = Board(board.flash)
    board.given = GIVEN
    async with Running(board) as app:
        assert app.config.get("w", "s") == "home"


async def test_what_is_no_configuration_is_said_and_the_reader_runs():
    for text in ("[1]", "{", "null"):
        board = Board()
        board.given = text
        async with Running(board) as app:
            row = await health(app)
            assert row[0] == "failed", text
            assert app.config.get("m", "f") == 25
