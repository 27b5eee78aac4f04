"""Modules that are forgotten when they were not used for a while."""

import os
import sys

from han.core import modules
from han.core.modules import FORGOTTEN, Idle, forget_package
from tests.api.fake import Running, ask

_LIB = __file__.rsplit("/", 3)[0] + "/lib/"
REASON = "han.net.reason"
#: Those whose sources tools/image/frozen.py makes.
MADE = "han.api.page.pagedata", "han.core.zonedata"


def _source(name):
    """The text of a module of the application, "" of the chip's board."""
    if name[:4] != "han." or name in MADE:
        return ""
    path = _LIB + name.replace(".", "/")
    try:
        with open(path + ".py") as file:
            return file.read()
    except OSError:
        with open(path + "/__init__.py") as file:
            return file.read()


def _gone(name):
    """True where a module is forgotten; its package is, too, where nothing else of it is there."""
    package, _, last = name.rpartition(".")
    return name not in sys.modules and not hasattr(sys.modules.get(package), last)


def test_what_was_needed_is_forgotten_at_the_second_look():
    idle = Idle()
    idle.look()
    idle.look()
    from han.net import reason

    idle.look()
    assert sys.modules[REASON] is reason
    idle.look()
    assert _gone(REASON)
    from han.net import reason as again

    assert again is not reason and again.reason(202) == reason.reason(202)
    idle.look()
    idle.look()
    assert REASON not in sys.modules


def test_a_package_goes_with_its_last_module():
    idle = Idle()
    idle.look()
    idle.look()
    for name in [name for name in sys.modules if name.startswith("han.net.join.")]:  # other tests' and tools'
        modules.forget_package(name)
    __import__("han.net.join.dns")
    __import__("han.net.join.scan")
    before = sys.modules["han.net.join"]
    for _ in range(3):
        idle.look()
    assert _gone("han.net.join")
    from han.net.join import dns

    assert sys.modules["han.net.join"] is not before and sys.modules["han.net.join"].dns is dns
    idle.look()
    idle.look()


def test_a_row_stays_while_more_of_it_is_imported():
    idle = Idle()
    idle.look()
    idle.look()
    __import__(REASON)
    idle.look()
    __import__("han.net.join.dns")
    idle.look()
    assert REASON in sys.modules and "han.net.join.dns" in sys.modules
    idle.look()
    assert REASON not in sys.modules and "han.net.join.dns" not in sys.modules


def test_all_that_is_in_the_table_is_there_once_and_keeps_nothing():
    names = []
    for row in FORGOTTEN:
        names += row
    assert len(names) == len(set(names))
    for name in names:
        for line in _source(name).split("\n"):
            assert not line.strip().startswith("global "), name
        assert not name.endswith("_fast") and name != modules.__name__


def test_who_catches_an_exception_and_what_raises_it_are_forgotten_together():
    # An import inside a function would load another copy of the module than the function's own.
    for row in FORGOTTEN:
        for name in row:
            if "(Exception)" in _source(name):
                last = name.split(".")[-1]
                for other in row:
                    for line in _source(other).split("\n"):
                        words = line.split(" ")
                        if line[:1] == " " and "import" in words and ("." + last in line or words[-1] == last):
                            raise AssertionError("%s imports %s in a function" % (other, name))


def test_nobody_else_forgets_modules():
    def walk(folder):
        for name in os.listdir(folder):
            if name.endswith(".py"):
                yield folder + "/" + name
            elif "." not in name and name != "__pycache__":
                yield from walk(folder + "/" + name)

    for path in walk(_LIB + "han"):
        if not path.endswith("/core/modules.py"):
            with open(path) as file:
                assert "sys.modules" not in file.read(), path


async def test_an_answer_of_a_class_that_was_imported_again_is_the_answer():
    async with Running() as app:
        for path, status in ("/health", 200), ("/meter/id", 503), ("/nothing", 404):
            await ask(app, path)
            forget_package("microdot")  # but not the modules that have its class
            assert (await ask(app, path)).status == status
