"""An update as big as those for a chip, in slots of the chip's size; `make sweep` cuts power in all its operations."""

import pytest

from tests.ota import images
from tests.ota.world import image
from tests.sweep.update import NEW, OLD, RealChip, real


@pytest.fixture(scope="module", autouse=True)
def releases():
    images.write_real()


def test_they_are_as_big_as_a_release():
    size = len(image(RealChip.releases[NEW]))
    assert 1_600_000 < size <= 0x1B0000 == RealChip.sizes["slot2"] * 4096


def test_power_fails_in_some_of_hundreds_of_operations():
    ends = real(lambda number: ()).operations - 12  # setting otadata, the first start, its confirmation
    found = real(lambda number: (1,) if number < 4 or number % 41 == 0 or number >= ends else ())
    assert found.operations > 800 and found.cuts > 35 and len(found.left) == 1, (found.operations, found.cuts)
    assert found.kept[OLD] > 25 and found.kept[NEW] > 3, found.kept
