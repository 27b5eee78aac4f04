"""Every file and every function that docs/architecture.md names is there."""

import ast
import re

from staging import stage

TEXT = (stage.ROOT / "docs" / "architecture.md").read_text()
#: A row of a table that names a function of a file.
STEP = re.compile(r"^\| `([\w/.]+\.py)` \| `([\w.]+)` \|", re.MULTILINE)
NAMED = re.compile(r"`([\w./*-]+)`")
#: Folders of what a row of the table of folders names without them.
INSIDE = re.compile(r"^\| ((?:`[\w/.]+`(?:, )?)+) \| (.*) \|$", re.MULTILINE)


def defined(path):
    """Names of the functions, classes and methods (`Class.method`) of a source file."""
    found = set()
    for node in ast.parse((stage.ROOT / path).read_text()).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found.update("%s.%s" % (node.name, part.name) for part in node.body if hasattr(part, "name"))
    return found


def test_each_step_of_the_way_is_a_function():
    steps = STEP.findall(TEXT)
    assert len(steps) > 15
    for path, function in steps:
        assert function in defined(path), "%s has no %s" % (path, function)


def test_each_path_is_there():
    paths = [name for name in NAMED.findall(TEXT) if "/" in name.rstrip("/") and not name.startswith("/")]
    assert len(paths) > 60
    for path in paths:
        assert (stage.ROOT / path).exists(), path


def test_what_a_folder_is_said_to_hold_is_there():
    rows = [row for row in INSIDE.findall(TEXT) if not row[0].endswith(".py`")]
    assert len(rows) > 8
    for folders, content in rows:
        for name in re.findall(r"`([\w/]+/|\w+\.\w+)`", content):
            places = [stage.ROOT / folder / name for folder in NAMED.findall(folders)]
            assert any(place.exists() for place in places), "%s has no %s" % (folders, name)
