"""The table of quantities: its rows are whole, and its numbers are those of /meter."""

from han.meter import obis
from han.out import table
from tests.api.fake import FULL, Running, get


def test_each_row_is_whole_and_each_key_is_there_once():
    keys = []
    for key, name, unit, places, source in table.quantities("key", "name", "unit", "places", "source"):
        keys.append(key)
        assert name and unit and int(places) < 9 and source[0] in "fnmexXp", key
        assert "#" not in key + name + source
        assert table.cells(key, "key", "source") == (key, source)
        if source[0] in "xX":
            assert obis.TARIFF <= int(source[1:]) <= obis.PEAK, key
    assert len(set(keys)) == len(keys) > 50
    for key in "nothing", "power_l4", "import_energy_t9", "":
        try:
            table.cells(key, "unit")
        except KeyError:
            continue
        raise AssertionError(key)


def test_a_column_names_its_quantities():
    found = dict(table.quantities("key", "sunspec"))
    assert found["power_l2"] == "WphB" and found["voltage_l3"] == "PhVphC" and "price" not in found
    found = dict(table.quantities("key", "shelly"))
    assert found["current_l1"] == "a_current" and found["power"] == "total_act_power"
    assert ("import_energy_t2", "total_power_import_t2_kwh") in list(table.quantities("key", "homewizard"))


async def test_values_are_those_of_the_meter_message():
    async with Running() as app:
        app.link.read(*FULL)
        live = app.messages.fresh()

        def value(key):
            return table.value(app, live, key)

        told = await get(app, "/meter")
        assert [value(key) for key in ("power", "power_l1", "power_l2", "power_l3")] == told["p"]
        assert [value(key) for key in ("reactive", "reactive_l1", "reactive_l2", "reactive_l3")] == told["r"]
        assert [value("import_l%d" % i) for i in (1, 2, 3)] == told["pi"][1:] and value("export") == told["pe"][0]
        assert [value("voltage_l%d" % i) / 10 for i in (1, 2, 3)] == told["u"]
        assert [value("current_l%d" % i) / 1000 for i in (1, 2, 3)] == told["i"]
        assert value("import_energy") / 1000 == told["ic"] and value("reactive_export_energy") == 0
        assert value("import_energy_t1") is None and value("peak") is None and value("apparent_l2") is None
        assert table.subs(live) == [] and value("price") is None  # none is set
        app.config.change(dict(app.config.values, p=8123456))
        assert value("price") == 8123456
