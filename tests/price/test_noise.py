"""Damaged answers of every provider: they raise Wrong at most, never another exception, and never give wrong prices."""

from han.core.clock import EPOCH
from han.price import rates
from han.price.day import Day
from han.price.providers.elering import Elering
from han.price.providers.elprisetjustnu import Elprisetjustnu
from han.price.providers.energycharts import EnergyCharts
from han.price.scan import Scanner, Wrong
from host_sim.services import pricesites
from tests.price.house import BERLIN, at
from tests.support import Random

_START = at(2025, 11, 20)
_NOISE = (b"null", b"{}", b"[]", b'"', b"1e300", b"9" * 30, b"-", b"\xc3\xa9", b'"\xff"', b"}", b"]", b",", b":",
          b"true", b'{"a":1}', b"0", b"\\", b"1e-400", b"-0", b"2025-11-20T00:00:00Z", b"<", b">", b"'")  # fmt: skip


def parse(kind, currency, area, body):
    """(seconds a slot, prices) from an answer; Wrong."""
    day = Day(_START, BERLIN.next_day(_START))
    provider = kind(area, currency, day)
    scanner = Scanner(provider.found)
    scanner.feed(body)
    scanner.done()
    provider.done()
    return day.finish(12)


def body(name, provider):
    sites = pricesites.Sites()
    return sites._body(name, provider.path[1:], "hourly")


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
    for kind, name, area, currency, factor in (
        (Elering, "elering", "EE", "EUR", 1000),
        (EnergyCharts, "energycharts", "EE", "EUR", 1000),
        (Elprisetjustnu, "elprisetjustnu", "SE3", "EUR", 1000),
        (Elprisetjustnu, "elprisetjustnu", "SE3", "SEK", 10937),
    ):
        whole = body(name, kind(area, currency, Day(_START, BERLIN.next_day(_START))))
        step, right = parse(kind, currency, area, whole)
        assert step == 3600 and len(right) == 24
        mean = sum([pricesites.price(area, _START + EPOCH + k) for k in (0, 900, 1800, 2700)]) // 4
        assert abs(right[0] - mean * factor) <= 500
        random = Random(len(whole))
        wrong = 0
        for _ in range(250):
            text = damaged(random, whole)
            try:
                step, prices = parse(kind, currency, area, text)
            except Wrong:
                wrong += 1
                continue
            assert step == 3600 and len(prices) == 24
            # A digit may have changed, no more than that.
            assert sum([prices[k] != right[k] for k in range(24)]) <= 3, text
        assert wrong > 120


def test_damaged_rates_are_wrong_or_sane():
    sites = pricesites.Sites(clock=lambda: _START + EPOCH)
    whole = sites._rates(None).encode()
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
