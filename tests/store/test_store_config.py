"""Configuration and counters over restarts, damage and power cuts."""

import json
import struct
from binascii import crc32

from han.store.config import Config, defaults, merged
from han.store.counters import Counters
from tests.store.nor import Flash, PowerCut
from tests.support import raises


def loaded(flash):
    config = Config(flash.region())
    config.load()
    return config


def test_a_new_reader_has_the_defaults_and_objects_and_booleans_are_not_null():
    config = Config(Flash(2).region())
    assert config.load() is False and config.damaged == 0
    assert config.values == defaults()
    assert [key for key, value in config.values.items() if value is None] == ["sell"]
    for path in (("m",), ("e",), ("w",), ("e", "n"), ("w", "n")):
        assert isinstance(config.get(*path), dict)
    for path in (("s",), ("bhf",), ("e", "e"), ("w", "e"), ("w", "b")):
        assert isinstance(config.get(*path), bool)
    assert config.get("m", "t") == "auto"
    with raises(KeyError):
        config.get("m", "nothing")


def test_a_setting_without_a_value_at_first_may_have_any():
    flash = Flash(2)
    config = loaded(flash)
    for sell in (4250000, 0, None):
        config.note("sell", sell)
        assert loaded(flash).get("sell") == sell


def test_what_is_saved_is_loaded_and_the_copies_take_turns():
    flash = Flash(2)
    for number in range(7):
        config = Config(flash.region())
        assert config.load() is (number > 0)
        if number:
            assert config.get("w", "s") == "Nät 網 %d" % (number - 1)
            assert config.get("p") == 2**40 + number - 1
        config.values["w"]["s"] = "Nät 網 %d" % number
        config.values["p"] = 2**40 + number
        before = flash.content()
        config.change(config.values)
        after = flash.content()
        changed = [before[i * 4096 : i * 4096 + 4096] != after[i * 4096 : i * 4096 + 4096] for i in range(2)]
        assert changed == [number % 2 == 0, number % 2 == 1]


def test_a_version_without_languages_keeps_their_settings_for_the_next_one():
    """There and back: an update with `out`, back to the version before, which changes something, and forward again."""
    flash = Flash(2)
    config = loaded(flash)
    values = merged({"out": {"mqtt": {"on": True, "host": "broker.lan", "pw": "s3cret"}}}, defaults())
    config.change(values)
    before = defaults()
    del before["out"]
    older = loaded(flash)
    older.values = merged(json.loads(json.dumps(older.values)), before)  # as that version's load() does
    older.note("line", 3)
    older.change(dict(older.values, p=5000000))
    newer = loaded(flash)
    assert newer.get("out") == values["out"] and newer.get("line") == 3 and newer.get("p") == 5000000
    older.values.pop("out")  # a version that has never seen it
    older.change(older.values)
    assert loaded(flash).get("out") == defaults()["out"]


def test_unknown_keys_are_kept_and_wrong_types_are_not():
    stored = {
        "later": {"x": [1, 2, None]},
        "m": {"f": 35, "new": True, "t": None},
        "w": None,
        "e": {"e": 1, "n": {"m": "static", "i": "10.0.0.2", "v6": "fe80::1"}},
        "bhf": 0,
        "s": True,
        "p": "12",
        "hosts": "x",
    }
    values = merged(stored, defaults())
    assert values["later"] == {"x": [1, 2, None]}
    assert values["m"]["f"] == 35 and values["m"]["new"] is True and values["m"]["t"] == "auto"
    assert values["w"] == defaults()["w"]
    assert values["e"]["e"] is True  # 1 is not a boolean
    assert values["e"]["n"] == {"m": "static", "i": "10.0.0.2", "s": "0.0.0.0", "g": "0.0.0.0",
                                "d1": "0.0.0.0", "v6": "fe80::1"}
    assert values["bhf"] is False and values["s"] is True and values["p"] == 0 and values["hosts"] == []

    flash = Flash(2)
    config = loaded(flash)
    config.values = values
    config.change(config.values)
    again = Config(flash.region())
    assert again.load() and again.values == values


def test_one_damaged_copy_leaves_the_other():
    for newest in (False, True):
        flash = Flash(2)
        config = loaded(flash)
        for number in range(2):
            config.values["m"]["f"] = 20 + number
            config.change(config.values)
        # sequence 1 went to sector 0, sequence 2 to sector 1
        flash.flip((4096 if newest else 0) + 100, 4)
        config = Config(flash.region())
        assert config.load() and config.damaged == 1
        assert config.get("m", "f") == (20 if newest else 21)
        # and the next save goes over the damaged one
        config.values["m"]["f"] = 30
        config.change(config.values)
        config = Config(flash.region())
        assert config.load() and config.damaged == 0 and config.get("m", "f") == 30


def test_every_byte_of_a_copy_matters():
    flash = Flash(2)
    config = loaded(flash)
    config.change(config.values)
    length = 16 + len(json.dumps(config.values).encode())
    for at in range(0, length, 7):
        flash.flip(at, 1)
        config = Config(flash.region())
        assert not config.load() and config.damaged == 1, at
        assert config.values == defaults()
        flash.flip(at, 1)
    assert Config(flash.region()).load()


def test_one_that_is_too_long_is_refused_and_the_old_one_stays():
    flash = Flash(2)
    config = loaded(flash)
    config.change(config.values)
    config.values["later"] = "x" * 4000
    with raises(ValueError):
        config.change(config.values)
    config = Config(flash.region())
    assert config.load() and "later" not in config.values


def test_a_power_cut_at_every_operation_leaves_the_old_or_the_new_one():
    for seed in range(20):
        for at in range(3):
            flash = Flash(2, seed)
            config = loaded(flash)
            for number in range(3):
                config.values["m"]["f"] = number
                config.change(config.values)
            flash.power.restore(at)
            config.values["m"]["f"] = 3
            try:
                config.change(config.values)
                raise AssertionError("power did not fail")
            except PowerCut:
                pass
            flash.power.restore()
            config = Config(flash.region())
            assert config.load() and config.get("m", "f") in (2, 3)
            found = config.get("m", "f")
            config.values["m"]["f"] = 99
            config.change(config.values)
            config = Config(flash.region())
            assert config.load() and config.get("m", "f") == 99 and found in (2, 3)


def test_what_was_found_out_survives_a_cut_beside_the_settings():
    for seed in range(20):
        for at in range(3):
            flash = Flash(2, seed)
            config = loaded(flash)
            config.values["m"]["f"] = 63
            config.change(config.values)
            config.note("scales", {"meter": 1, "e": None})
            before = config.values
            flash.power.restore(at)
            try:
                config.note("scales", {"meter": 1, "e": -1})
                raise AssertionError("power did not fail")
            except PowerCut:
                pass
            assert config.values is before  # nothing has changed
            flash.power.restore()
            config = Config(flash.region())
            assert config.load() and config.get("m", "f") == 63
            assert config.get("scales") in ({"meter": 1, "e": None}, {"meter": 1, "e": -1})


def record(sequence, text):
    """A copy as every version writes it: this layout is what they have in common."""
    head = struct.pack("<4sIHH", b"HANC", sequence, len(text), 1)
    return head + struct.pack("<I", crc32(text, crc32(head))) + text


def test_what_the_version_before_has_written_is_read():
    # It had no currency, no area, no hosts, and texts where there are numbers now.
    text = b'{"t":"Europe/Helsinki","s":true,"p":"5.5","m":{"f":35,"t":"aidon"},"w":{"e":true,"s":"home","p":"secret"}}'
    for newest in range(2):
        flash = Flash(2)
        flash.partition.writeblocks(newest, record(2, text), 0)
        flash.partition.writeblocks(1 - newest, record(1, b'{"t":"Etc/UTC"}'), 0)
        config = Config(flash.region())
        assert config.load() and config.damaged == 0
        wanted = defaults()
        wanted["t"], wanted["s"] = "Europe/Helsinki", True
        wanted["m"].update({"f": 35, "t": "aidon"})
        wanted["w"].update({"s": "home", "p": "secret"})
        assert config.values == wanted


def test_the_version_after_finds_what_is_its_own_and_what_this_one_has_changed():
    later = defaults()
    later["q"] = {"new": [1, {"deep": None}], "on": False}
    later["m"]["z"] = "a way to read that is not known here"
    later["e"]["n"]["v6"] = "fe80::1"
    flash = Flash(2)
    flash.partition.writeblocks(0, record(7, json.dumps(later).encode()), 0)
    config = Config(flash.region())
    assert config.load()
    config.values["m"]["f"] = 63
    config.change(config.values)
    # Byte for byte the layout that the other version reads.
    text = json.dumps(config.values).encode()
    assert flash.content()[4096 : 4096 + 16 + len(text)] == record(8, text)
    later["m"]["f"] = 63
    assert json.loads(text.decode()) == later
    # And a version that never heard of half of this: what it does not know comes back too.
    old = {"t": "Etc/UTC", "m": {"f": 25}}
    assert merged(json.loads(text.decode()), old) == later


def test_another_format_is_damage_and_never_half_read():
    flash = Flash(2)
    head = struct.pack("<4sIHH", b"HANC", 9, 15, 2)
    text = b'{"t":"Etc/GMT"}'
    flash.partition.writeblocks(0, head + struct.pack("<I", crc32(text, crc32(head))) + text, 0)
    flash.partition.writeblocks(1, record(3, b'{"t":"Europe/Riga"}'), 0)
    config = Config(flash.region())
    assert config.load() and config.get("t") == "Europe/Riga" and config.damaged == 1


# --- counters


def kept(flash):
    counters = Counters(flash.region())
    counters.load()
    return counters


def test_counters_are_unknown_until_told_and_then_kept():
    flash = Flash(2)
    counters = kept(flash)
    assert counters.values == [None] * 4 and not counters.unsaved
    counters.update((None, None, None, None), 0)
    assert not counters.unsaved
    counters.update((5 * 10**12, 0, None, 7), 0)
    assert counters.unsaved
    counters.save()
    assert not counters.unsaved
    assert kept(flash).values == [5 * 10**12, 0, None, 7]
    # A list without counters changes nothing.
    counters.update((None,) * 4, 0)
    assert not counters.unsaved and counters.values[0] == 5 * 10**12


def test_counters_that_have_not_changed_are_not_written():
    flash = Flash(2)
    counters = kept(flash)
    for number in range(50):
        counters.update((1000, 1, 2, 3), 77)
        counters.save()
    assert flash.power.operations == 1


def test_another_meters_counters_are_not_shown():
    flash = Flash(2)
    counters = kept(flash)
    counters.update((1000, 2000, 3000, 4000), 0)  # this list does not name the meter
    counters.update((1001, None, None, None), 77)
    assert counters.values == [1001, 2000, 3000, 4000]
    counters.save()
    counters = kept(flash)
    counters.update((None,) * 4, 77)
    assert counters.values == [1001, 2000, 3000, 4000] and not counters.unsaved
    counters.update((None,) * 4, 78)
    assert counters.values == [None] * 4 and counters.unsaved
    counters.save()
    assert kept(flash).values == [None] * 4


def test_a_power_cut_while_counters_are_written_leaves_those_before():
    for seed in range(10):
        for at in range(1, 60):
            flash = Flash(2, seed * 100 + at)
            counters = kept(flash)
            counters.update((1, 1, 1, 1), 0)
            counters.save()
            flash.power.restore(at)
            value = 1
            try:
                while True:
                    counters.update((value + 1,) * 4, 0)
                    counters.save()
                    value += 1
            except PowerCut:
                pass
            flash.power.restore()
            assert kept(flash).values in ([value] * 4, [value + 1] * 4)
