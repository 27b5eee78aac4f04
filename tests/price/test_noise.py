"""Damaged answers of every provider: they raise Wrong at most, never another exception, and never give wrong prices."""

from han.core.clock import EPOCH
from han.price import rates
from han.price.day import Day
from han.price.providers import awattar, elering, elprisetjustnu, energidataservice, energycharts, energyzero
from han.price.providers import hvakosterstrommen, nordpool
from han.price.scan import Scanner, Wrong
from host_sim.services.prices import ecb, market, sites
from tests.price.house import BERLIN, at
from tests.support import Random

_START = at(2025, 11, 20)
_NOISE = (b"null", b"{}", b"[]", b'"', b"1e300", b"9" * 30, b"-", b"\xc3\xa9", b'"\xff"', b"}", b"]", b",", b":",
          b"true", b'{"a":1}', b"0", b"\\", b"1e-400", b"-0", b"2025-11-20T00:00:00Z", b"<", b">", b"'")  # fmt: skip


def parse(kind, currency, area, body):
    """(seconds a slot, prices) from an answer; Wrong."""
    day = Day(_START, BERLIN.next_day(_START))
    provider = kind.Provider(area, currency, day)
    scanner = Scanner(provider.found)
    scanner.feed(body)
    scanner.done()
    provider.done()
    step, prices, others = day.finish(10)
    return step, prices if others is None else others


def body(provider):
    return sites.Sites().body(provider.name, provider.path[1:], "hourly")


def damaged(random, text):
    text = bytearray(text)
    for _ in range(random.between(1, 3)):
        place = random.below(len(text))
        what = random.below(4)
        if what == 0:
            text[place] = random.bits(8)
        elif what == 1:
            text[place : place + random.between(1, 30)] = b""
        elif what == 2:
            text[place:place] = random.choice(_NOISE)
        else:  # a value instead of another one
            place = text.find(b":", place) + 1
            end = place + 1
            while end < len(text) and text[end] not in b",}]":
                end += 1
            text[place:end] = random.choice(_NOISE)
        if not text:
            text += b" "
    return bytes(text)


def test_damaged_prices_are_wrong_or_sane():
    for kind, area, currency, factor in (
        (elering, "EE", "EUR", 1000),
        (elering, "LT", "EUR", 1000),
        (energycharts, "CH", "EUR", 1000),
        (elprisetjustnu, "SE3", "EUR", 1000),
        (elprisetjustnu, "SE3", "SEK", 10937),
        (hvakosterstrommen, "NO4", "NOK", 11635),
        (energidataservice, "DK2", "DKK", 7469),
        (energidataservice, "DK1", "EUR", 1000),
        (awattar, "AT", "EUR", 1000),
        (energyzero, "NL", "EUR", 1000),
        (nordpool, "PL", "EUR", 1000),
    ):
        whole = body(kind.Provider(area, currency, Day(_START, BERLIN.next_day(_START))))
        step, right = parse(kind, currency, area, whole)
        assert step == 3600 and len(right) == 24
        mean = sum([market.price(area, _START + EPOCH + k) for k in (0, 900, 1800, 2700)]) // 4
        assert abs(right[0] - mean * factor) <= 2000
        random = Random(len(whole))
        wrong = 0
        for _ in range(120):
            text = damaged(random, whole)
            try:
                step, prices = parse(kind, currency, area, text)
            except Wrong:
                wrong += 1
                continue
            assert step == 3600 and len(prices) == 24
            # A digit may have changed, no more than that.
            assert sum([prices[k] != right[k] for k in range(24)]) <= 3, text
        assert wrong > 40, (kind, wrong)


def test_damaged_rates_are_wrong_or_sane():
    whole = ecb.rates(_START + EPOCH)
    today = _START // 86400
    random = Random(11)
    for text in [whole] + [damaged(random, whole) for _ in range(800)]:
        found = rates.Rates("SEK")
        try:
            found.feed(text)
            rate, day = found.done(today)
        except Wrong:
            assert text is not whole
            continue
        assert 5500000 < rate < 22000000 and today - rates.OLDEST <= day <= today
        assert rate == 10937000 or text is not whole
