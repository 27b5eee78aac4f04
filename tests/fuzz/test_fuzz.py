"""A short run of the fuzzer; `make fuzz` does the long ones and compares the interpreters."""
from tests.fuzz.fuzzer import Fuzzer


def test_damaged_telegrams_do_no_damage():
    fuzzer = Fuzzer(20)
    fuzzer.run(300000)
    assert not fuzzer.failures, fuzzer.failures[0]
    totals = fuzzer.totals()
    # Most of the damage gets past the framer.
    assert totals["frames"] > 2 * fuzzer.stretches
    assert totals["decoded"] > fuzzer.stretches
    assert totals["rejected"] > fuzzer.stretches // 2
    assert sum(fuzzer.late.values()) < fuzzer.stretches // 20
