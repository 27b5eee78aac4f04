"""Imports point one way (the layers of the application), and only the board knows hardware."""

import os

_HAN = __file__.rsplit("/", 2)[0] + "/lib/han"
_ALLOWED = {
    "wire": (),
    "core": (),
    "meter": ("wire", "core"),
    "store": ("core", "meter.obis", "meter.reading"),
    "price": ("net", "store", "core"),
    "ota": ("net", "store", "core"),
    "net": ("store", "core"),
    "api": (
        "price", "ota", "net", "store", "core",
        "meter.obis", "meter.reading", "meter.identity", "meter.told", "meter.profiles", "wire.gcm",
    ),  # fmt: skip
}
_OUTSIDE = ("machine", "esp32", "esp", "network", "host_sim", "firmware", "tools", "tests")


def _imports(path, package):
    """Dotted names that a module of lib/han/<package> imports, those of ours without `han.`."""
    with open(path) as file:
        lines = [line.strip() for line in file]
    for line in lines:
        words = line.replace(",", " ").split()
        if line.startswith("import "):
            names = words[1:]
        elif line.startswith("from ") and "import" in words:
            base = words[1]
            if base.startswith("."):
                parts = ("han." + package).split(".")
                up = len(base) - len(base.lstrip(".")) - 1
                if up >= len(parts):
                    raise AssertionError("%s leaves the package: %s" % (path, line))
                base = ".".join(parts[: len(parts) - up]) + "." + base.lstrip(".")
            base = base.rstrip(".") + "."
            names = [base + name.strip("()") for name in words[words.index("import") + 1 :]]
        else:
            continue
        for name in names:
            yield name


def _violations(package, path):
    layer = package.split(".")[0]
    for name in _imports(path, package):
        if name.split(".")[0] in _OUTSIDE:
            yield "%s imports %s" % (path, name)
        elif name.startswith("han."):
            allowed = (layer,) + _ALLOWED[layer]
            if not any((name[4:] + ".").startswith(other + ".") for other in allowed):
                yield "%s (%s) imports %s" % (path, package, name)


def _all(package):
    """Violations in a package and those below it."""
    folder = _HAN + "/" + package.replace(".", "/")
    for name in os.listdir(folder):
        if name.endswith(".py"):
            yield from _violations(package, folder + "/" + name)
        elif "." not in name and name != "__pycache__":
            yield from _all(package + "." + name)


def test_imports_point_one_way():
    found = []
    for package in os.listdir(_HAN):
        if "." in package or package == "__pycache__":
            continue
        assert package in _ALLOWED, "a package without a place among the layers: " + package
        found += list(_all(package))
    assert not found, "\n".join(found)
