"""The costs in /history/weekly, /monthly and /yearly, as columns and as lines."""

import json

from han.api.routes.past.export import Export
from han.api.routes.past.history import History, parse
from han.core.zone import Zone
from han.store.config import defaults
from han.store.series.samples import DAYS, MONTHS, QUARTERS
from han.tariff.costs import Costs
from tests.api.fake import FULL, Running, ask, get
from tests.api.routes.past.test_api_history import Connection
from tests.store.world import EPOCH, World
from tests.support import Random

DAY = 86400
# Midnight in Helsinki, a day before the clocks go back on the last Sunday of October.
START = 214952400
NAMES = {QUARTERS: ["total", "cost", "income"], DAYS: ["cost", "income", "part"], MONTHS: ["cost", "income", "part"]}
NIGHT = [-1500001, 22, 7, 127, 4095]


def settings(**more):
    return dict(defaults(), s=True, vat=2550, fees=[[2253001, 0, 24, 127, 4095], NIGHT], monthly=399000001, **more)


def world(hours, price=None, power=None):
    """A World in Helsinki with a telegram every 5 minutes; prices go up and down, also below 0."""
    made = World(true=START, price=price or (lambda utc: ((utc // 900 * 7919 % 40000 - 9000) * 1001, "EUR")))
    made.zone = made.clock.zone = Zone("Europe/Helsinki")
    made.boot()
    random = Random(hours)
    for _ in range(hours * 12):
        power = random.below(9000), random.below(700) * random.below(2)
        made.run(300, 300, power)
    return made


async def columns(made, kind, values, query="from=0"):
    connection = Connection()
    costs = Costs(values, made.zone) if values else None
    await History(made.history, kind, parse(query), costs).send(connection, 1000)
    return connection.data.partition(b"\r\n\r\n")[2].decode()


async def lines(made, kind, values, form):
    connection = Connection()
    await Export(made.history, kind, parse("from=0"), form, False, Costs(values, made.zone)).send(connection, 1000)
    return connection.data.partition(b"\r\n\r\n")[2].decode().split("\r\n" if form == "csv" else "\n")[:-1]


def decimals(number):
    """10^-6 as text."""
    text = "%07d" % abs(number)
    return ("-" if number < 0 else "") + (text[:-6] + "." + text[-6:]).rstrip("0").rstrip(".")


def half_away(number, unit):
    size, rest = divmod(abs(number), unit)
    return (size + (2 * rest >= unit)) * (1 if number > 0 else -1)


def column(text, name):
    """A column as it was sent: a list of texts."""
    body = text.partition('"%s":[' % name)[2].partition("]")[0]
    return body.split(",")


def thousandths(text):
    whole, _, rest = text.partition(".")
    return int(whole + (rest + "000")[:3])


def millionths(text):
    whole, _, rest = text.partition(".")
    size = int(whole.lstrip("-") + (rest + "000000")[:6])
    return -size if whole[0] == "-" else size


def fees(t, zone):
    hour = zone.local(t) // 3600 % 24
    return 2253001 - 1500001 * (hour >= 22 or hour < 7)


async def test_each_quarter_day_and_month_has_its_cost():
    made = world(80)
    values = settings()
    text = await columns(made, QUARTERS, values)
    t = [int(each) - EPOCH for each in column(text, "t")]
    assert len(t) >= 320
    quarters = {}
    rows = zip(*[column(text, name) for name in ("i", "e", "p", "total", "cost", "income")])
    for start, row in zip(t, rows):
        wh = [thousandths(each) for each in row[:2]]
        price = millionths(row[2])
        cost = wh[0] * (price + fees(start, made.zone)) * 12550
        income = wh[1] * price
        assert row[3] == decimals(half_away((price + fees(start, made.zone)) * 12550, 10**4)), start
        assert row[4] == decimals(half_away(cost, 10**7)) and row[5] == decimals(half_away(income, 1000)), start
        day = quarters.setdefault(made.zone.day_start(start), [0, 0, 0])
        for k, each in enumerate((cost, income, 1)):
            day[k] += each
    assert [day[2] for day in quarters.values() if day[2] > 96] == [100]
    text = await columns(made, DAYS, values)
    found = list(zip(*[column(text, name) for name in ("t", "cost", "income", "part")]))
    assert len(found) == len(quarters) == 4 and text.endswith(',"pc":"EUR"}')
    for start, cost, income, part in found:
        day = quarters[int(start) - EPOCH]
        assert (cost, income) == (decimals(half_away(day[0], 10**7)), decimals(half_away(day[1], 1000))) and part == "0"
    text = await columns(made, MONTHS, values)
    (found,) = zip(*[column(text, name) for name in ("t", "cost", "income", "part")])
    cost = sum([day[0] for day in quarters.values()]) + 399000001 * 1000 * 12550
    income = sum([day[1] for day in quarters.values()])
    assert found[1:] == (decimals(half_away(cost, 10**7)), decimals(half_away(income, 1000)), "0")


async def test_lines_say_what_columns_say():
    made = world(30)
    values = settings()
    for kind in (QUARTERS, DAYS, MONTHS):
        text = await columns(made, kind, values)
        rows = await lines(made, kind, values, "csv")
        head = rows[0].split(",")
        for name in NAMES[kind]:
            at = head.index(name)
            assert [row.split(",")[at] for row in rows[1:]] == column(text, name)
        assert head.count("pc") == 1 and {row.split(",")[head.index("pc")] for row in rows[1:]} == {"EUR"}
        written = [json.loads(row) for row in await lines(made, kind, values, "jsonl")]
        assert [row["cost"] for row in written] == json.loads(text)["cost"] and written[0]["pc"] == "EUR"


async def test_without_vat_and_fees_there_is_no_total_and_without_a_price_nothing():
    made = world(26, price=lambda utc: (8123456, "EUR"))
    plain = dict(defaults(), s=True)
    message = json.loads(await columns(made, QUARTERS, plain))
    assert "total" not in message and message["cost"][3] == round(message["i"][3] * 8.123456, 6)
    for kind in (QUARTERS, DAYS, MONTHS):
        with_costs = await columns(made, kind, plain)
        without = await columns(made, kind, None)
        assert not any([name in json.loads(without) for name in ("total", "cost", "income", "part")])
        cut = with_costs.index(',"cost":')
        assert without.startswith(with_costs[:cut]) and ("pc" in without) is (kind == QUARTERS)


async def test_a_gap_is_flagged():
    made = world(8)
    made.off(5 * 3600, (2000, 0))
    made.run(6 * 3600, 300, (2000, 0))
    message = json.loads(await columns(made, DAYS, settings()))
    assert message["part"] == [1] and message["f"][0] & 2 and message["cost"][0] > 0
    assert json.loads(await columns(made, MONTHS, settings()))["part"] == [1]


async def test_after_a_restart_all_of_it_is_there():
    made = world(30)
    before = await columns(made, DAYS, settings())
    made.boot()
    made.run(900, 300)
    again = await columns(made, DAYS, settings())
    assert column(again, "cost")[0] == column(before, "cost")[0] and column(again, "part") == ["0", "0"]


async def test_through_the_gate_and_as_before_where_no_price_is_set():
    async with Running() as app:
        app.link.read(*FULL)
        app.board.ticks += 2500
        app.link.read(*FULL)
        await get(app, "/history/monthly")
        for name in ("weekly", "monthly", "yearly", "hourly"):
            text = (await ask(app, "/history/" + name)).body
            for field in (b"cost", b"income", b"part", b"total"):
                assert field not in text
        app.config.values.update(settings())
        for name, kind in (("weekly", QUARTERS), ("monthly", DAYS), ("yearly", MONTHS)):
            message = await get(app, "/history/" + name)
            assert [len(message[field]) for field in NAMES[kind]] == [len(message["t"])] * 3
            text = (await ask(app, "/history/%s?format=csv" % name)).body.decode()
            assert all([field in text.split("\r\n")[0].split(",") for field in NAMES[kind]])
        assert b"cost" not in (await ask(app, "/history/hourly")).body
