"""Modules that are linked into one do what they did apart."""

import types

import pytest

from tools import link, stage

PARTS = {
    "han.__init__": """__version__ = '1'
""",
    "han.app": """from . import __version__, store
from .zone import Zone, days
import sys

LIMIT = 2


def text(days_):
    return '%s %d' % (days_, days(days_))


class App(Zone):
    limit = LIMIT

    def run(self):
        from .rare import rare

        return text(3), store.text(4), store.kept, rare(5), self.limit, __version__, sys is store.sys
""",
    "han.zone": """def days(x):
    return x * LIMIT


class Zone:
    def first(self):
        return days(1)


LIMIT = 10
""",
    "han.store": """import sys

from . import zone
from .zone import days as numbered

try:
    from os import nothing
except ImportError:
    nothing = None

kept = [text for text in (1, zone.days(2))]


def text(zone_):
    def inner(text):
        return text, zone.days(zone_), numbered(text)

    return inner(zone_), nothing
""",
    "han.rare": """from .parts import part
from .zone import days
from . import store, zone


def rare(x):
    from .zone import Zone

    return days(x), part(x), store.text(x), zone.LIMIT, Zone().first()
""",
    "han.parts": """from . import shared


def part(x):
    return shared.double(x)
""",
    "han.shared": """def double(x):
    return 2 * x
""",
    "han.other": """from . import shared


def take():
    return shared.double(1), shared.__name__
""",
}


def loaded(sources, monkeypatch):
    """The modules, imported as files are."""
    import sys

    for name in [name for name in sys.modules if name == "han" or name.startswith("han.")]:
        monkeypatch.delitem(sys.modules, name)

    class Finder:
        def find_spec(self, name, path, target=None):
            import importlib.machinery

            for key, package in ((name, False), (name + ".__init__", True)):
                if key in sources:
                    return importlib.machinery.ModuleSpec(name, Loader(key), is_package=package)
            return None

    class Loader:
        def __init__(self, key):
            self.key = key

        def create_module(self, spec):
            return types.ModuleType(spec.name)

        def exec_module(self, module):
            exec(compile(sources[self.key], self.key, "exec"), module.__dict__)

    monkeypatch.setattr(sys, "meta_path", [Finder()] + sys.meta_path)
    return sys.modules


def ran(sources, monkeypatch):
    with monkeypatch.context() as patch:
        loaded(sources, patch)
        from han.app import App  # type: ignore[import-not-found]

        import han.other  # type: ignore[import-not-found]

        return App().run(), App().first(), han.other.take()


def test_what_is_linked_does_what_it_did(monkeypatch):
    joined = link.linked(PARTS)
    assert set(joined) == {"han.__init__", "han.app", "han.rare", "han.shared", "han.other"}
    assert ran(joined, monkeypatch) == ran(PARTS, monkeypatch)
    assert joined["han.app"].count("import sys") == 1


def test_what_several_share_stays_a_module():
    joined = link.linked(PARTS)
    assert "def double" in joined["han.shared"] and "from han import shared" in joined["han.rare"]


def test_a_module_is_no_value():
    broken = dict(PARTS, **{"han.app": PARTS["han.app"] + "\n\nwhole = store\n"})
    with pytest.raises(link.Error, match="han.app uses the module store as a value"):
        link.linked(broken)


def test_an_import_of_nothing_is_told():
    broken = dict(PARTS, **{"han.store": PARTS["han.store"].replace("zone.days(zone_)", "zone.weeks(zone_)")})
    with pytest.raises(link.Error, match="han.zone has no weeks, which han.store imports"):
        link.linked(broken)


def test_the_image_has_one_module_of_what_always_runs():
    texts = {path.as_posix() for path in stage.prepared(stage.sources())}
    assert "han/app.py" in texts and "han/safe.py" in texts and "han/store/history.py" in texts
    assert not texts & {"han/core/zone.py", "han/api/server.py", "han/wire/framer.py", "han/store/ring.py"}


def test_what_a_table_names_stays_a_module():
    table = dict(PARTS, **{"han.zone": PARTS["han.zone"] + "\nTABLE = '/part parts.part GET'\n"})
    assert set(link.linked(table)) == set(link.linked(PARTS)) | {"han.parts"}
