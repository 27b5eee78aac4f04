"""Tokens: valid ones give access; forged, stale and foreign ones never do."""

import asyncio
import json
from binascii import a2b_base64, b2a_base64

from han.api.config.auth import Tokens, base64, from_base64, hmac_sha256
from han.store import flash
from han.store.copies import Copies

from tests.api.fake import Board, Running, ask, get, ms
from tests.support import Random


class Clock:
    up = 5000
    unix = 1790000000000

    def uptime_ms(self):
        return self.up

    def unix_ms(self):
        return self.unix


class Memory:
    """Keeps the key in memory instead of flash."""

    data = None

    def load(self):
        return self.data

    def save(self, data):
        self.data = data


RANDOM = Random(7)


def tokens(memory=None, clock=None):
    return Tokens(memory or Memory(), RANDOM.bytes(40), clock or Clock(), RANDOM.bytes)


def signed(made, claims, head=b"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", key=None):
    """A token with any claims (dict or bytes), signed with the right key or another."""
    body = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    text = head + b"." + base64(body)
    return "Bearer " + (text + b"." + base64(hmac_sha256(key or made.key, text))).decode()


def claims_of(token):
    return json.loads(from_base64(token.split(".")[1].encode()))


def test_hmac_sha256():
    # RFC 4231, test cases 1 and 2.
    digest = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    assert hmac_sha256(b"\x0b" * 20, b"Hi There").hex() == digest
    digest = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert hmac_sha256(b"Jefe", b"what do ya want for nothing?").hex() == digest


def test_what_a_token_says():
    made = tokens()
    head, body, _ = made.issue().split(".")
    assert a2b_base64(head + "==") == b'{"alg":"HS256","typ":"JWT"}'
    claims = claims_of(made.issue())
    assert claims["aud"] == "cozify-han" and claims["scope"] == "ota:write"
    assert claims["exp"] - claims["iat"] == 300 and claims["iat"] == Clock.unix // 1000
    assert made.refuse("Bearer " + made.issue()) is None
    assert made.refuse("bearer " + made.issue()) is None


def test_an_unset_clock_does_no_harm():
    clock = Clock()
    clock.unix = None
    made = tokens(clock=clock)
    token = made.issue()
    assert "exp" not in claims_of(token)
    clock.unix = 4000000000000  # set while the token is out
    assert made.refuse("Bearer " + token) is None


def test_age_is_judged_by_the_uptime():
    clock = Clock()
    made = tokens(clock=clock)
    token = "Bearer " + made.issue()
    clock.up += 299000
    assert made.refuse(token) is None
    clock.up += 1000
    assert made.refuse(token) == (401, "token expired")


def test_the_key_is_kept_and_no_token_outlives_a_restart():
    memory = Memory()
    before = tokens(memory)
    token = "Bearer " + before.issue()
    after = tokens(memory)
    assert len(memory.data) == 32 and after.key == before.key
    assert after.refuse(token) == (401, "token expired")
    memory.data = b"short"
    assert tokens(memory).key != before.key and len(memory.data) == 32


def test_the_key_is_of_the_chance_at_the_start_and_when_it_is_made():
    seeds, drawn = (bytes(40), bytes(39) + b"\1"), (bytes, lambda n: b"\1" * n)
    keys = {Tokens(Memory(), seed, Clock(), random).key for seed in seeds for random in drawn}
    assert len(keys) == 4 and all([len(key) == 32 for key in keys])


def test_a_flash_that_fails_does_no_harm():
    class Broken(Memory):
        def load(self):
            raise OSError(5)

    made = tokens(Broken())
    assert made.refuse("Bearer " + made.issue()) is None


def test_forged_tokens():
    made = tokens()
    good = made.issue()
    claims = claims_of(good)
    assert made.refuse(signed(made, claims)) is None
    assert made.refuse(signed(made, dict(claims, scope="ota:* x"))) is None
    bad = [
        None,
        "",
        "Bearer",
        "Bearer ",
        good,
        "Basic " + good,
        "Bearer " + good[:-1],
        "Bearer " + good + "A",
        "Bearer " + good + "=",
        "Bearer ." + good,
        "Bearer " + good.replace(".", "", 1),
        "Bearer " + "." * 400,
        "Bearer " + "A" * 1900,
        "Bearer \xff\xff",
        signed(made, claims, key=b"x" * 32),
        # Other algorithms, none of which is ever accepted.
        signed(made, claims, head=base64(b'{"alg":"none","typ":"JWT"}')),
        signed(made, claims, head=base64(b'{"typ":"JWT","alg":"HS256"}')),
        "Bearer " + base64(b'{"alg":"none"}').decode() + "." + good.split(".")[1] + ".",
        signed(made, dict(claims, aud="other")),
        signed(made, dict(claims, aud=["cozify-han"])),
        signed(made, dict(claims, boot="0" * 16)),
        signed(made, dict(claims, up=claims["up"] + 1000)),
        signed(made, dict(claims, up="5")),
        signed(made, dict(claims, up=None)),
        signed(made, dict(claims, scope=None)),
        signed(made, {}),
        signed(made, b"[]"),
        signed(made, b"5"),
        signed(made, b"\xff\xfe"),
        signed(made, b""),
    ]
    for field in bad:
        assert made.refuse(field)[0] == 401, field
    assert made.refuse(signed(made, dict(claims, scope="read")))[0] == 403
    assert made.refuse(signed(made, dict(claims, scope="ota:writer")))[0] == 403


def test_every_changed_character_is_noticed():
    made = tokens()
    good = made.issue()
    for at in range(len(good)):
        other = "A" if good[at] != "A" else "B"
        assert made.refuse("Bearer " + good[:at] + other + good[at + 1 :])[0] == 401, at


async def test_the_operation():
    async with Running() as app:
        for method in ("GET", "POST"):
            answer = await ask(app, "/auth/token", method)
            message = answer.json()
            token = message.pop("accessToken")
            assert answer.status == 200 and token.count(".") == 2
            assert message == {
                "type": "HAN_AUTH_TOKEN",
                "tokenType": "Bearer",
                "audience": "cozify-han",
                "scope": "ota:write",
                "expiresIn": 300,
            }
        assert (await ask(app, "/auth/token", "PUT")).status == 405
        kept = Copies(flash.Region(app.board.partition("state"), *flash.TOKEN_KEY), b"HANT").load()
        assert len(kept) == 32 and bytes(kept).hex() not in str(await get(app, "/health"))


async def test_pages_elsewhere_get_none():
    async with Running() as app:
        for headers, status in (
            ("Origin: http://127.0.0.1\r\n", 200),
            ("Sec-Fetch-Site: none\r\n", 200),
            ("Sec-Fetch-Site: same-origin\r\n", 200),
            ("Origin: http://evil.example\r\n", 403),
            ("Origin: null\r\n", 403),
            ("Sec-Fetch-Site: cross-site\r\n", 403),
            ("Sec-Fetch-Site: same-site\r\n", 403),
            ("Origin: http://127.0.0.1\r\nSec-Fetch-Site: cross-site\r\n", 403),
        ):
            for method in ("GET", "POST"):
                answer = await ask(app, "/auth/token", method, headers)
                assert answer.status == status, headers
                assert status == 200 or b"accessToken" not in answer.body
        for host in ("evil.example", "127.0.0.1.evil.example"):
            for path in ("/auth/token", "/diagnostics"):
                assert (await ask(app, path, host=host)).status == 403


async def test_what_wants_a_token():
    async with Running() as app:
        for path in ("/diagnostics", "/diagnostics/capture"):
            for field in ("", "Authorization: Bearer x.y.z\r\n", "Authorization: Basic eDp5\r\n"):
                answer = await ask(app, path, headers=field)
                assert answer.status == 401 and answer.headers["www-authenticate"] == "Bearer"
                assert answer.json()["success"] is False
        token = (await get(app, "/auth/token"))["accessToken"]
        app.board.ticks += 301000
        answer = await ask(app, "/diagnostics", headers="Authorization: Bearer %s\r\n" % token)
        assert (answer.status, answer.json()["message"]) == (401, "token expired")


async def test_a_restart_makes_a_key_once():
    board = Board()
    async with Running(board) as app:
        await get(app, "/auth/token")
    kept = bytes(Copies(flash.Region(board.partition("state"), *flash.TOKEN_KEY), b"HANT").load())
    async with Running(board) as app:
        assert (await ask(app, "/auth/token")).status == 200
    assert bytes(Copies(flash.Region(board.partition("state"), *flash.TOKEN_KEY), b"HANT").load()) == kept


def bearer(token):
    return "Authorization: Bearer %s\r\n" % token


async def test_a_token_that_somebody_has_heard_opens_nothing_later_nor_elsewhere():
    board = Board()
    async with Running(board) as app:
        heard = bearer((await get(app, "/auth/token"))["accessToken"])
        # A stolen token is valid for its 300 s: plain http cannot promise more.
        for _ in range(2):
            assert (await ask(app, "/ota/clear", "POST", heard)).status == 200
        board.ticks += 300000
        assert (await ask(app, "/ota/clear", "POST", heard)).json()["message"] == "token expired"
        fresh = bearer((await get(app, "/auth/token"))["accessToken"])
        assert (await ask(app, "/ota/clear", "POST", fresh)).status == 200
    board.ticks = 0  # another start of the same reader, with the same uptime as when the token was made
    async with Running(board) as app:
        for field in (heard, fresh):
            assert (await ask(app, "/ota/clear", "POST", field)).status == 401
    async with Running() as app:  # another reader
        answer = await ask(app, "/ota/clear", "POST", fresh)
        assert (answer.status, answer.json()["message"]) == (401, "token malformed or forged")


async def test_guessing_tokens_opens_nothing_and_harms_nobody():
    async with Running() as app:
        token = (await get(app, "/auth/token"))["accessToken"]
        head, body, mark = token.split(".")
        for number in range(60):
            other = base64(RANDOM.bytes(32)).decode()
            for guess in (other, mark[:number % 40] + other[number % 40 :]):
                if guess != mark:
                    answer = await ask(app, "/ota/clear", "POST", bearer("%s.%s.%s" % (head, body, guess)))
                    assert answer.status == 401, guess
        assert (await ask(app, "/ota/clear", "POST", bearer(token))).status == 200
        assert (await get(app, "/health"))["services"]


async def test_guessing_the_password_takes_a_second_each_time_and_locks_nobody_out():
    async with Running() as app:
        app.config.values["pw"] = "a long password"

        async def took(headers, status, path="/auth/token"):
            began = ms()
            assert (await ask(app, path, headers=headers)).status == status
            return ms() - began

        wrong = "Authorization: Basic %s\r\n" % b2a_base64(b"x:a long passwore").decode().strip()
        right = "Authorization: Basic %s\r\n" % b2a_base64(b"x:a long password").decode().strip()
        guesses = [asyncio.create_task(took(wrong, 401)) for _ in range(2)]
        await asyncio.sleep(0.1)
        assert await took("", 200, "/han") < 900 and await took(right, 200) < 900
        for guess in guesses:
            assert await guess >= 900
