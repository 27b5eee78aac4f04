"""docs/settings.md and docs/api.md are what their sources say today."""

import pytest

from staging import stage
from tools.docs.reference import PAGES


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_up_to_date(name):
    assert (stage.ROOT / "docs" / name).read_text() == PAGES[name](), "make reference"
