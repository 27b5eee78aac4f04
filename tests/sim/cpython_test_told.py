"""What the reader tells of the simulated meters beside its readings: sub-meters, registers, events, peaks and more."""

import time

import pytest

from host_sim.house import grid
from host_sim.house import House
from host_sim.meters import belgian, create, dsmr3, dsmr5
from host_sim.meters.parts.submeters import gas, water
from tests.sim.cpython_test_simulator import HOUR, Simulator

KINDS = {1: ("gas", gas), 2: ("water", water)}
NUMBERS = {
    "dsmr5": {1: dsmr5.GAS_ID, 2: dsmr5.WATER_ID},
    "belgian": {1: belgian.GAS_ID, 2: belgian.WATER_ID},
    "dsmr3": {1: dsmr3.GAS_ID},
    "swedish": {},
    "p1": {},
}


def read(reader, zone="Europe/Amsterdam"):
    """The meter message of a reader that has just been started, in its meter's time zone."""
    reader.put({"t": zone})
    return reader.wait(lambda: reader.get("/meter"))


@pytest.mark.parametrize("name", NUMBERS)
def test_sub_meters(tmp_path, name):
    with Simulator(tmp_path, "--meter", name, "--speed", 20) as reader:
        message = read(reader)
        told = message.get("sub", [])
        assert {one["ch"]: one["id"] for one in told} == NUMBERS[name]
        assert ("sub" in message) == bool(told)
        for one in told:
            kind, counter = KINDS[one["ch"]]
            # What it said at the time of its value, and that is not long ago.
            at = one["ts"] // 1000
            assert (one["kind"], one["unit"]) == (kind, "m3")
            assert counter(at) == (at, round(1000 * one["v"]))
            assert 0 <= message["ts"] // 1000 - at < 3700


FIELDS = {
    "dsmr5": ["ect", "fails", "ict", "long_fails", "sags", "swells", "tariff"],
    "belgian": ["breaker", "demand", "ect", "fuse", "ict", "limit_w", "tariff"],
    "dsmr3": ["breaker", "ect", "ict", "limit_w", "tariff"],
    "mbus": ["pf"],
    "swedish": [],
    "p1": [],
    "aidon": [],
}


@pytest.mark.parametrize("name", FIELDS)
def test_more_of_the_meter(tmp_path, name):
    with Simulator(tmp_path, "--meter", name, "--speed", 20) as reader:
        message = read(reader)
        more = message.get("x", {})
        # A Belgian meter has no peak in its first quarter of an hour.
        assert sorted(set(more) - {"peak", "peak_ts"}) == FIELDS[name] and ("x" in message) == bool(more)
        if "ict" in more:
            for total, tariffs in ((message["ic"], more["ict"]), (message["ec"], more["ect"])):
                assert round(1000 * total) == sum([round(1000 * kwh) for kwh in tariffs])
            assert more["tariff"] in (1, 2)
        now = message["ts"] // 1000
        if "fails" in more:
            long = len(grid.failures(now))
            assert (more["fails"], more["long_fails"]) == (long + grid.short(now), long)
            assert (more["sags"], more["swells"]) == (grid.sags(now), grid.swells(now))
        if "breaker" in more:
            assert more["breaker"] == "on" and more["limit_w"] == {"belgian": 999900, "dsmr3": 999000}[name]
        assert more.get("fuse") in (None, [999, None, None])


def test_the_log_of_failures(tmp_path):
    with Simulator(tmp_path, "--meter", "dsmr5", "--speed", 20) as reader:
        now = read(reader)["ts"] // 1000
        told = reader.get("/meter/events")["events"]
        failures = grid.failures(now)[-10:]
        assert told == [{"kind": "failure", "ts": 1000 * end, "s": end - begin} for begin, end in failures[::-1]]


@pytest.mark.parametrize("name", ("dsmr5", "belgian"))
def test_what_the_grid_company_announces(tmp_path, name):
    meter = create(name)
    files = []
    # The midnight at the begin of the 10th of March 2026.
    for second in (1773097199, 1773097200):
        files.append(tmp_path / str(second))
        files[-1].write_bytes(meter.encode(House(second, 1, meter.ZONE_MIN).state(second * 1000)))
    with Simulator(tmp_path, "--replay", *files, "--speed", 20) as reader:

        def announced():
            told = reader.get("/meter/events")
            return told and [one for one in told["events"] if one["kind"] == "message"]

        assert {one["text"] for one in reader.wait(announced)} == {grid.message((2026, 3, 10))}


def registers(reader):
    """({code: register}, {code of a log: its entries}) of the next telegram."""
    found, logs = {}, {}
    for one in reader.wait(lambda: reader.get("/meter/registers"))["registers"]:
        if "log" in one:
            logs.setdefault(one["log"], []).append(one)
        else:
            found[one["obis"]] = one
    return found, logs


@pytest.mark.parametrize("name", NUMBERS)
def test_every_line_of_the_meters_is_a_register(tmp_path, name):
    meter = create(name)
    text = meter.encode(House(HOUR, 1, meter.ZONE_MIN).state(HOUR * 1000)).decode()
    with Simulator(tmp_path, "--meter", name, "--speed", 20) as reader:
        read(reader)
        found, logs = registers(reader)
    assert set(found) | set(logs) == {line.split("(")[0] for line in text.split("\r\n") if line[1:2] == "-"}
    assert [code for code, one in found.items() if one["value"] is None or not one["name"]] == []
    if name == "dsmr5":
        failures = grid.failures(int(time.time()))[-10:]
        assert [int(one["value"]) for one in logs["1-0:99.97.0"]] == [end - begin for begin, end in failures[::-1]]


def test_the_peaks_of_a_belgian_meter(tmp_path):
    # A house that is 35 days old has a month or two behind it.
    with Simulator(tmp_path, "--meter", "belgian", "--past", "35", "--speed", 20) as reader:
        read(reader)
        found, logs = registers(reader)
        peaks = reader.wait(lambda: reader.get("/peaks"))
        log = logs["0-0:98.1.0"]
        assert [round(1000 * float(one["value"])) for one in log] == [one["w"] for one in peaks["months"]]
        assert len(log) in (1, 2) and {one["src"] for one in peaks["months"]} == {"meter"}
        assert [one["src"] for one in peaks["month"]] == ["meter"]
        assert peaks["month"][0]["w"] == round(1000 * float(found["1-0:1.6.0"]["value"]))
        # A rule of hours is computed from the history of the same house.
        reader.put({"cap": "norway"})
        own = reader.get("/peaks")
        assert {one["src"] for one in own["month"]} == {"own"}
        assert max(one["w"] for one in own["month"]) <= peaks["month"][0]["w"] + 4


def test_the_others_have_peaks_of_their_own(tmp_path):
    with Simulator(tmp_path, "--meter", "swedish", "--past", "1", "--speed", 20) as reader:
        read(reader)
        peaks = reader.wait(lambda: reader.get("/peaks"))
        assert peaks["cap"] is None and peaks["billed_w"] is None
        assert {one["src"] for one in peaks["month"]} == {"own"} and peaks["now"]["src"] == "own"
