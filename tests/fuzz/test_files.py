"""A short run over valid SML files; `make fuzz` does 6,000 and compares the interpreters."""
from tests.fuzz import files, smlwalk
from tests.support import telegrams, raw
from tools.fields import NUMBERS

from tests.meter.test_telegrams import Reader


def test_no_field_is_lost_and_none_is_invented():
    right, first, _ = files.run(400, 7)
    assert right == 400, first


def test_the_walk_reads_the_recorded_ones_alike():
    divisors = dict([(name, divisor) for name, _, divisor in NUMBERS])
    for entry in telegrams(framing="sml"):
        if entry["maker"] == "DZG":
            continue  # its sign is wrong, as sent
        found = smlwalk.expected(raw(entry))
        for got in Reader().read(entry, lambda: 4096).messages:
            said = dict([(name, round(got[name] * divisors[name])) for name in got if name in divisors])
            assert said == dict([(name, found[name]) for name in found if name in divisors]), entry["id"]
