"""Imports point one way (the layers of the application), and only the board knows hardware."""

import os

_HAN = __file__.rsplit("/", 2)[0] + "/lib/han"
_ALLOWED = {
    "wire": (),
    "core": (),
    "meter": ("wire", "core"),
    "store": ("core",),
    "price": ("store", "core"),
    "ota": ("store", "core"),
    "net": ("store", "core"),
    "api": ("price", "ota", "net", "store", "core", "meter.reading"),
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
            if base.startswith("..."):
                raise AssertionError("%s leaves the package: %s" % (path, line))
            if base.startswith(".."):
                base = "han." + base[2:]
            elif base.startswith("."):
                base = "han." + package + "." + base[1:]
            base = base.rstrip(".") + "."
            names = [base + name.strip("()") for name in words[words.index("import") + 1 :]]
        else:
            continue
        for name in names:
            yield name


def _violations(package, path):
    for name in _imports(path, package):
        if name.split(".")[0] in _OUTSIDE:
            yield "%s imports %s" % (path, name)
        elif name.startswith("han."):
            allowed = (package,) + _ALLOWED[package]
            if not any((name[4:] + ".").startswith(other + ".") for other in allowed):
                yield "%s (%s) imports %s" % (path, package, name)


def test_imports_point_one_way():
    found = []
    for package in os.listdir(_HAN):
        if "." in package or package == "__pycache__":
            continue
        assert package in _ALLOWED, "a package without a place among the layers: " + package
        for name in os.listdir(_HAN + "/" + package):
            if name.endswith(".py"):
                found += list(_violations(package, _HAN + "/" + package + "/" + name))
    assert not found, "\n".join(found)
