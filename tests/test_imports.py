"""Imports point one way: the floors of the project, no circle of files, and only the board knows hardware.

No folder is crowded, either.
"""

import os

_ROOT = __file__.rsplit("/", 2)[0]

#: The floors: {what: what it may import beside itself}. A folder of lib/han has a row of its own.
_FLOORS = {
    "han.wire": (),
    "han.core": (),
    "han.meter": ("han.wire", "han.core"),
    "han.store": ("han.core", "han.meter.obis", "han.meter.reading"),
    "han.net": ("han.store", "han.core"),
    "han.tariff": ("han.store", "han.core"),
    "han.price": ("han.tariff", "han.net", "han.store", "han.core"),
    "han.ota": ("han.net", "han.store", "han.core"),
    "han.out": (
        "han.net", "han.store", "han.core", "han.meter.obis", "han.meter.reading", "han.meter.submeters.sub",
        "han.meter.line.told", "han.meter.sense.network", "han.meter.identity",
    ),  # fmt: skip
    "han.alarms": ("han.core", "han.meter.obis", "han.meter.sense.network"),
    "han.api": (
        "han.price", "han.ota", "han.net", "han.tariff", "han.store", "han.core", "han.meter.obis", "han.meter.reading",
        "han.meter.identity", "han.meter.line.told", "han.meter.registers", "han.meter.lists.profiles",
        "han.meter.submeters.sub", "han.meter.submeters.now", "han.meter.besides.events", "han.alarms.rules",
        "han.alarms.hours", "han.wire.layers.gcm",
    ),  # fmt: skip
    # What puts them together.
    "han": (),
    # The chip's own files, which lie side by side there.
    "board": ("begin", "console", "plug"),
    "begin": ("pins", "han.store"),
    "console": (),
    "pins": (),
    "plug": (),
    "boot": (),
    "main": ("board", "han"),
    # This computer's.
    "staging": (),
    "host_sim": ("staging", "han", "boot"),
    "tools": ("host_sim", "staging", "han", "pins", "tests"),
}
#: {folder: what its files are called in an import}.
_TREES = {"lib/han": "han", "host_sim": "host_sim", "staging": "staging", "tools": "tools"}
#: Modules that a folder may have beside its `__init__.py`. Whoever looks for one reads all their names.
_MOST = 14
_FOLDER = 0x4000  # of os.stat()'s mode
_HARDWARE = ("machine", "esp32", "esp", "network")
_OURS = ("han", "board", "begin", "console", "pins", "plug", "boot", "main", "staging", "host_sim", "tools", "tests")


def _files():
    """{dotted name: text} of every module."""
    found = {}
    for folder, name in _TREES.items():
        _read(found, _ROOT + "/" + folder, name)
    for name in os.listdir(_ROOT + "/firmware"):
        if name.endswith(".py"):  # what else is there is for MicroPython's build
            _add(found, _ROOT + "/firmware/" + name, name[:-3])
    for name in ("boot", "main"):
        _add(found, _ROOT + "/" + name + ".py", name)
    return found


def _read(found, folder, package):
    for name in os.listdir(folder):
        path = folder + "/" + name
        if name == "__init__.py":
            _add(found, path, package)
        elif name.endswith(".py"):
            _add(found, path, package + "." + name[:-3])
        elif "." not in name and name != "__pycache__":
            _read(found, path, package + "." + name)


def _add(found, path, name):
    with open(path) as file:
        found[name] = file.read()


def _packages(names):
    """Those of the names that are folders."""
    return [name for name in names if any([other.startswith(name + ".") for other in names])]


def _statements(text):
    """The lines of code that import, each whole: what stands in texts of several lines is none."""
    inside = False
    line = ""
    for part in text.split("\n"):
        if part.count('"""') % 2:
            inside = not inside
        elif not inside:
            line += part.split("#")[0].strip()
            if line.startswith(("from ", "import ")) and line.count("(") > line.count(")"):
                line += " "
                continue
            if line.startswith(("from ", "import ")) or "__import__(" in line:
                yield line
            line = ""


def _imports(name, is_package, text, files=()):
    """Dotted names that a module imports, at its top or in a function, by their full names."""
    for line in _statements(text):
        if line.startswith("import "):
            for part in line[7:].split(","):
                yield part.split()[0]
        elif line.startswith("from "):
            base, names = line[5:].split(" import ")
            if base.startswith("."):
                up = len(base) - len(base.lstrip(".")) - is_package
                parts = name.split(".")
                if up >= len(parts):
                    raise AssertionError("%s leaves its package: %s" % (name, line))
                base = ".".join(parts[: len(parts) - up] + [base.lstrip(".")]).rstrip(".")
            for part in names.strip("() ").split(","):
                if part.strip():
                    yield base + "." + part.split()[0]
        else:
            for other in _made(line[line.index("__import__(") + 11 :], text, files):
                yield other


def _made(said, text, files):
    """What __import__() may import: the module named, or those of a folder that have what is asked for.

    A name that begins a row of a table in the same text, as `history.serve` does, is asked for too.
    """
    if not said.startswith('"'):
        return
    name, _, rest = said[1:].partition('"')
    if not name.endswith("."):
        yield name
        return
    asked = rest.split('"')[1::2]
    for other in files:
        if other.startswith(name):
            words = [kind + word + "(" for word in asked for kind in ("\ndef ", "\nclass ")]
            if asked and any([word in files[other] for word in words]):
                yield other
            elif not asked and " %s." % other[len(name) :] in text:
                yield other


def _graph(files):
    """{module: modules of the files that it imports}."""
    packages = _packages(files)
    graph = {}
    for name, text in files.items():
        graph[name] = found = []
        for other in _imports(name, name in packages, text, files):
            while other and other not in files:
                other = other.rpartition(".")[0]
            if other and other != name and other not in found:
                found.append(other)
    return graph


def _circles(graph):
    """Each circle that a walk along the imports meets, as a list of its modules."""
    found = []
    done = set()
    for start in sorted(graph):
        way = []  # [module, those it imports that are still to be looked at]
        on = [start]
        while on:
            name = on[-1]
            if len(way) < len(on):
                way.append(list(graph[name]))
            if not way[-1]:
                way.pop()
                done.add(on.pop())
                continue
            other = way[-1].pop()
            if other in on:
                found.append(on[on.index(other) :])
            elif other not in done:
                on.append(other)
        done.add(start)
    return found


def _floor(name):
    """The row of _FLOORS that a module is in; None where it has none."""
    parts = name.split(".")
    if parts[0] == "han" and len(parts) > 1:
        package = "han." + parts[1]
        if package in _FLOORS:
            return package
        return "han" if len(parts) == 2 else None
    return parts[0] if parts[0] in _FLOORS else None


def _below(name, other):
    return (name + ".").startswith(other + ".")


def _violations(files):
    """What each module imports from a floor that is none of its own's."""
    packages = _packages(files)
    for name, text in files.items():
        floor = _floor(name)
        if floor is None:
            yield name + " has no place among the floors"
            continue
        for other in _imports(name, name in packages, text, files):
            first = other.split(".")[0]
            if first in _HARDWARE:
                if _below(name, "han"):
                    yield "%s imports %s" % (name, other)
            elif first in _OURS and _floor(other) != floor and floor != "han":
                if not any([_below(other, allowed) for allowed in _FLOORS[floor]]):
                    yield "%s imports %s" % (name, other)
            elif floor == "han" and first in _OURS and first != "han":
                yield "%s imports %s" % (name, other)


def test_imports_point_one_way():
    found = list(_violations(_files()))
    assert not found, "\n".join(found)


def test_no_files_import_each_other_in_a_circle():
    found = [" -> ".join(circle + circle[:1]) for circle in _circles(_graph(_files()))]
    assert not found, "\n".join(found)


def _crowded(modules):
    """Folders with too many of these (folder, name of a file), as texts."""
    count = {}
    for folder, name in modules:
        if name.endswith(".py") and name != "__init__.py":
            count[folder] = count.get(folder, 0) + 1
    return ["%s has %d modules" % (folder, count[folder]) for folder in sorted(count) if count[folder] > _MOST]


def _below_folder(folder):
    """(folder, name) of each file in a folder and in those below it."""
    for name in os.listdir(_ROOT + "/" + folder):
        yield folder, name
        if os.stat(_ROOT + "/" + folder + "/" + name)[0] & _FOLDER:
            for found in _below_folder(folder + "/" + name):
                yield found


def test_no_folder_is_crowded():
    for folder in list(_TREES) + ["firmware"]:
        found = _crowded(_below_folder(folder))
        assert not found, "\n".join(found)


def test_a_crowded_folder_is_found():
    full = [("a", "__init__.py"), ("a", "x.bin")] + [("a", "x%d.py" % i) for i in range(_MOST)]
    other = [("a/b", "y.py"), ("c", "z.py")]
    assert _crowded(full + other) == []
    assert _crowded(full + other + [("a", "y.py")]) == ["a has %d modules" % (_MOST + 1)]


def _circle(**files):
    """The names in the first circle of made-up files, sorted; None where there is none."""
    found = _circles(_graph({name.replace("__", "."): text for name, text in files.items()}))
    return sorted(found[0]) if found else None


def test_a_circle_is_found_however_it_is_written():
    assert _circle(a="import b", b="import c\n", c="x = 1") is None
    assert _circle(a="import os, b", b="import c as d\n", c="def f():\n    from a import x\n") == ["a", "b", "c"]
    package = {"p": "", "p__a": "from .b import x", "q": "from p import a"}
    assert _circle(p__b="", **package) is None
    for line in (
        "from . import a", "from .a import y as z", "from p.a import y  # why", "from p import (\n    x,\n    a,\n)",
        "import p.a", "if x:\n    from p import x, a", '__import__("p.a")', "from q import x",
        '__import__("p." + x, None, None, (f,))\nT = """\n/x a.serve\n"""',
    ):  # fmt: skip
        assert "p.b" in (_circle(p__b=line, **package) or ()), line
    package["p__a"] += "\ndef serve(): pass"
    assert _circle(p__b='__import__("p." + x, None, None, ("serve",))', **package) == ["p.a", "p.b"]
    for line in ('"""\nfrom p import a\n"""', '"""from p import a"""', "# import p.a", "x = 1  # from p import a"):
        assert _circle(p__b=line, **package) is None, line
    assert _circle(p="from .a import x", p__a="from . import y") == ["p", "p.a"]


def test_a_floor_that_is_skipped_upwards_is_found():
    def said(name, text):
        return list(_violations({name: text, "han.wire.x": "", "han.core": "", "han.core.y": ""}))

    assert said("host_sim.z", "def f():\n    from tools import sign") == ["host_sim.z imports tools.sign"]
    assert said("han.wire.z", "from ..core import y") == ["han.wire.z imports han.core.y"]
    assert said("han.app", "import machine") == ["han.app imports machine"]
    assert said("han.app", "from host_sim import board") == ["han.app imports host_sim.board"]
    assert said("staging.z", "import host_sim.clock") == ["staging.z imports host_sim.clock"]
    assert said("han.new.z", "") == ["han.new.z has no place among the floors"]
    assert said("host_sim.z", "from han.core import y\nimport network\nimport staging") == []
    assert said("han.api.z", "from ..core import y\nfrom ..wire.layers import gcm\nfrom .other import x") == []
    assert said("han.api.z", "from ..wire import x") == ["han.api.z imports han.wire.x"]
