"""Meters that send tariffs without a total, on a line without checksums: clients see nothing of damage."""

from tests.api.fake import get
from tests.api.messages.test_api_meter_change import Reader
from tests.support import inputs


def telegram(*rows):
    """A P1 telegram without a checksum."""
    return ("/KMP5 SIM\r\n\r\n" + "".join([row + "\r\n" for row in rows]) + "!\r\n").encode()


def said(low, normal, sold=(2197888, 5148952), meter="SIM1"):
    """A telegram with the counters of both tariffs, Wh; None: not sent."""
    rows = ["0-0:96.1.1(%s)" % "".join(["%02X" % ord(c) for c in meter])]
    for way, numbers in enumerate(((low, normal), sold)):
        for tariff, number in enumerate(numbers):
            if number is not None:
                rows.append("1-0:%d.8.%d(%05d.%03d*kWh)" % (way + 1, tariff + 1, number // 1000, number % 1000))
    return telegram(*rows + ["1-0:1.7.0(0000.21*kW)", "1-0:2.7.0(0000.00*kW)"])


async def counters(app):
    message = await get(app, "/meter")
    return message["ic"], message["ec"]


async def test_a_telegram_that_lost_bytes_moves_neither_counters_nor_history():
    good, lost, later = [inputs("dsmr3-%s.txt" % name) for name in ("good", "bytes-lost", "good2")]
    reader = Reader()
    async with reader as app:
        await reader.hear(app, good)
        assert await counters(app) == (41900.616, 7346.84)
        for known in 41900.616, 41900.619:
            await reader.hear(app, lost)
            assert await counters(app) == (known, 7346.84)
            await reader.hear(app, later)
            assert await counters(app) == (41900.619, 7346.84)
            # The counters go back by 3 Wh, as when a recording begins anew. The total does not.
            await reader.hear(app, good)
            assert await counters(app) == (41900.619, 7346.84)
        assert app.link.counters.implausible == 2 and app.link.plausible.meters == app.link.live.meters == 0
        for bucket in app.history.buckets[1:]:
            assert bucket.a <= 3 and bucket.b == 0 and not bucket.f & 8
        flash = reader.board.flash
    # The first telegram after a restart shows the kept total, and is not taken for another meter's.
    reader = Reader(flash)
    async with reader as app:
        await reader.hear(app, lost)
        assert await counters(app) == (41900.619, 7346.84)
        await reader.hear(app, later, later)
        assert await counters(app) == (41900.619, 7346.84)
        assert app.link.live.meters == 0 and app.link.counters.implausible == 1


async def test_the_very_first_telegram_may_be_the_damaged_one():
    reader = Reader()
    async with reader as app:
        await reader.hear(app, inputs("dsmr3-bytes-lost.txt"))
        assert await counters(app) == (None, 7346.84)
        await reader.hear(app, inputs("dsmr3-good.txt"))
        assert await counters(app) == (None, 7346.84)
        await reader.hear(app, inputs("dsmr3-good2.txt"))
        assert await counters(app) == (41900.619, 7346.84) and app.link.live.meters == 0


async def test_a_missing_tariff_is_missing():
    reader = Reader()
    async with reader as app:
        await reader.hear(app, said(1000000, 2000000))
        assert await counters(app) == (3000, 7346.84)
        await reader.hear(app, said(1000010, None), said(None, 2000010), said(1000010, 2000010, (None, None)))
        assert await counters(app) == (3000.02, 7346.84)
        assert app.link.counters.implausible == 0
        # The other register changes alone, within the limit for both together.
        await reader.hear(app, said(1003000, 1997020))
        assert app.link.counters.implausible == 1 and await counters(app) == (3000.02, 7346.84)


async def test_damage_in_the_meters_number_is_no_other_meter():
    reader = Reader()
    async with reader as app:
        await reader.hear(app, said(1000000, 2000000))
        for meter in "SIM9", "SIN1", "IM1":
            await reader.hear(app, said(1000005, 2000000, meter=meter))
            assert await counters(app) == (3000, 7346.84)
        await reader.hear(app, said(1000010, 2000000))
        assert await counters(app) == (3000.01, 7346.84) and app.link.live.meters == 0
        for n in range(3):
            assert app.link.live.meters == 0
            await reader.hear(app, said(5000 + n, 6000, meter="OTHER"))
        assert await counters(app) == (11.002, 7346.84) and app.link.live.meters == 1


async def test_the_same_damage_by_chance_anywhere_never_lowers_a_counter():
    reader = Reader()
    whole = said(20278246, 21622370)
    async with reader as app:
        await reader.hear(app, whole)
        for at in range(20, len(whole) - 30, 7):
            # 8 bytes are lost: the rest may be a telegram, even one that fits.
            await reader.hear(app, whole[:at] + whole[at + 8 :])
            ic, ec = await counters(app)
            assert 41900.616 <= ic <= 41902.3 and 7346.84 <= ec <= 7348.6, at
        assert app.link.live.meters == 0
