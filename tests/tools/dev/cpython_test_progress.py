"""What takes minutes is not silent."""

import io
import time

import pytest

from tools.prove import apifuzz, linetimes, year
from tools.measure import bench, size
from tools.dev.progress import Progress


def test_what_goes_on_is_said_now_and_then_until_it_is_over():
    out = io.StringIO()
    with Progress(out, 0.02) as progress:
        for text in "first", "second":
            progress.tell(text)
            end = time.monotonic() + 600
            while text not in out.getvalue() and time.monotonic() < end:
                time.sleep(0.01)
    said = out.getvalue()
    assert said.index("first") < said.index("second") and "0 s: second\n" in said
    time.sleep(0.1)
    assert out.getvalue() == said
    with pytest.raises(OSError), Progress(out, 0.02):
        raise OSError


@pytest.mark.parametrize("tool", (apifuzz, bench, linetimes, size, year))
def test_the_long_ones_say_it(tool, monkeypatch):
    said = []

    class Told(Exception):
        pass

    class Listening(Progress):
        def tell(self, text):
            said.append(text)
            raise Told

    monkeypatch.setattr(tool, "Progress", Listening)
    with pytest.raises(Told):
        tool.main([])
    assert said[0]
