"""What clients read: the messages, as the contract and the replay list of known clients have them."""

import json

from tests.api.fake import FULL, NOW, Board, Running, ask, get


async def test_han_from_the_first_second():
    async with Running() as app:
        answer = await ask(app, "/han")
        assert answer.status == 200 and answer.headers["content-type"] == "application/json"

