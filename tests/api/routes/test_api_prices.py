"""GET /prices: streamed, exact, complete."""

from array import array

from han.api.routes.prices import prices
from han.core.clock import EPOCH
from han.core.zone import Zone
from han.price.keep import add
from tests.api.fake import NOW, Running, ask, get, raw

_TODAY = NOW // 86400000 * 86400 - EPOCH


class Utc:
    """The zone UTC."""

    def day_start(self, utc):
        return utc // 86400 * 86400

    def next_day(self, utc):
        return utc // 86400 * 86400 + 86400


def fill(app):
    app.clock.zone = Utc()
    app.config.values["s"] = True
    numbers = [(7 - k) * 12345678 + k for k in range(100)]
    for day in range(2):
        add(app.book, "FI", "EUR", (_TODAY + day * 86400 - 3600, 900, array("q", numbers[:96])), 0)
    return numbers[4:96] + numbers[:96]


def exact(number):
    """Text of number / 10**6 as the shortest decimal."""
    text = "%07d" % abs(number)
    text = (("-" if number < 0 else "") + text[:-6] + "." + text[-6:]).rstrip("0")
    return text.rstrip(".")


async def test_fixed_prices():
    async with Running() as app:
        message = await get(app, "/prices")
        assert message == {"type": "HAN_PRICES_MESSAGE", "price": 0, "currency": "EUR", "prices": []}
        app.config.values.update({"p": 8123456, "pc": "SEK"})
        answer = await ask(app, "/prices")
        assert answer.body == b'{"type":"HAN_PRICES_MESSAGE","price":8.123456,"currency":"SEK","prices":[]}'


async def test_spot_prices_from_the_start_of_today_to_the_last_known():
    async with Running() as app:
        app.config.values["s"] = True
        message = await get(app, "/prices")
        assert message["price"] is None and message["prices"] == []
        numbers = fill(app)
        answer = await ask(app, "/prices")
        text = answer.body.decode()
        expected = [
            "[%d,%s]" % ((_TODAY + EPOCH + k * 900) * 1000, exact(number)) for k, number in enumerate(numbers)
        ]
        assert text.endswith('"prices":[' + ",".join(expected) + "]}")
        now = (NOW // 1000 - EPOCH - _TODAY) // 900
        assert text.startswith('{"type":"HAN_PRICES_MESSAGE","price":%s,"currency":"EUR",' % exact(numbers[now]))
        assert len(answer.json()["prices"]) == 188
        # An older client gets the end of the connection as the end of the answer.
        data = await raw(app, b"GET /prices HTTP/1.0\r\n\r\n")
        head, _, body = data.partition(b"\r\n\r\n")
        assert b"chunked" not in head and body == answer.body
        head = await ask(app, "/prices", "HEAD")
        assert head.status == 200 and not head.body


async def test_totals_beside_prices_where_vat_or_fees_are_set():
    async with Running() as app:
        app.config.values.update({"p": 8123456, "vat": 2550})
        message = await get(app, "/prices")
        assert message == {
            "type": "HAN_PRICES_MESSAGE", "price": 8.123456, "currency": "EUR", "prices": [], "total": 10.194937,
            "totals": [],
        }  # fmt: skip
        numbers = fill(app)
        app.clock.zone = Zone()
        plain = (await ask(app, "/prices")).body
        app.config.values["vat"] = 0
        app.config.values["fees"] = []
        assert (await ask(app, "/prices")).body == plain[: plain.index(b',"total"')] + b"}"
        day = (_TODAY // 86400 + 2) % 7
        app.config.values["fees"] = [[2790000, 0, 24, 127, 4095], [-5, 6, 22, 1 << day, 4095]]
        now = (NOW // 1000 - EPOCH - _TODAY) // 900
        for vat in (0, 2550):
            app.config.values["vat"] = vat
            totals = []
            for k, number in enumerate(numbers):
                number += 2790000 - 5 * (24 <= k < 88)
                size = (abs(number) * (10000 + vat) + 5000) // 10000
                totals.append(exact(size if number > 0 else -size))
            body = (await ask(app, "/prices")).body.decode()
            assert body.endswith('],"total":%s,"totals":[%s]}' % (totals[now], ",".join(totals)))
            assert body.startswith(plain.decode()[: plain.index(b',"total"')])
        app.book.days = ()
        message = await get(app, "/prices")
        assert message["price"] is message["total"] is None and message["totals"] == message["prices"] == []


async def test_a_change_while_it_is_sent_does_not_mix():
    async with Running() as app:
        numbers = fill(app)
        pieces = prices(app.book, app.clock)
        text = next(pieces)
        app.book.days = app.book.days[:1]
        text += b"".join(list(pieces))
        assert text.count(b"[") == len(numbers) + 1
        longest = max([len(piece) for piece in prices(app.book, app.clock)])
        assert longest < 512
