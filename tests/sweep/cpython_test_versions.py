"""An update from the version before the ledger, back to it and again, with some of the power cuts of `make sweep`."""

import pytest

from tests.sweep import versions


def test_nothing_is_lost_between_versions():
    why = versions.missing()
    if why:
        pytest.skip(why)
    operations = cuts = 0
    with versions.Readers() as readers:
        for seed, counters in ((1, True), (2, False)):
            whole = versions.whole(readers, counters)
            assert len(whole[1]) > 100 and len(whole[2]) >= 2 and whole[3]
            found = versions.tell(readers, counters, whole, seed, 2)
            operations += found[0]
            cuts += found[1]
    assert operations > 2000 and cuts > 10, (operations, cuts)
