"""Writes the Python files that firmware/boards/HAN_READER freezes to build/frozen: `make stage`.

They are sources, not .mpy files: the build of MicroPython uses its own compiler, which may have another version than
ours. Data files become modules, because there is no file system.

One module is never imported: it only names all others. MicroPython makes the whole name of a module when it imports
it, and keeps it for ever, unless it is in flash already, as all names in frozen code are. But the code says
`from ..core import log`, which has no whole name in it.
"""

import shutil
import sys

from staging import keyring, page, stage
from tools.image import application

TARGET = stage.BUILD / "frozen"
#: Ends of the paths of plain twins of viper code; the chip does not need them.
TWINS = ("_plain.py", "wire/plain.py")
INIT = "han/__init__.py"
#: The files that the chip starts.
STARTERS = ("boot.py", "main.py")
#: {data file: module that has its bytes as DATA}. The application imports the module if it finds no file.
DATA = {
    "han/core/zones.bin": "han/core/zonedata.py",
    "han/api/page/page.bin": "han/api/page/pagedata.py",
}
#: The module that has the names of all others.
NAMES = "han/core/modulenames.py"


def named(paths):
    """The text of the module NAMES for files with these paths."""
    lines = ["    import %s\n" % dotted(path) for path in sorted(paths)]
    return '"""Never imported, see tools/image/frozen.py."""\n\n\ndef names():\n' + "".join(lines)


def dotted(path):
    """The name of the module in a file."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def files(version):
    """{path below build/frozen: text} of all files."""
    keyring.write_module()
    found = {name: (stage.ROOT / name).read_text() for name in STARTERS}
    for path, source in stage.sources().items():
        name = path.as_posix()
        if not name.endswith(TWINS):
            found[name] = source.read_text()
    found[INIT] = application.with_version((stage.ROOT / "lib" / INIT).read_text(), version)
    page.build()
    for source in (stage.ROOT / "lib").rglob("*.bin"):
        name = source.relative_to(stage.ROOT / "lib").as_posix()
        found[DATA[name]] = "DATA = %r\n" % source.read_bytes()
    found[NAMES] = named(found)
    return found


def write(version=None):
    """Update build/frozen; returns its path. version: of the release, None for the project's.

    Unchanged files keep their time, so that make builds only what has changed.
    """
    wanted = files(version or application.project_version())
    for path in sorted(TARGET.rglob("*"), reverse=True):
        if path.is_file() and path.relative_to(TARGET).as_posix() not in wanted:
            path.unlink()
        elif path.is_dir() and not any(path.iterdir()):
            shutil.rmtree(path)
    for name, text in wanted.items():
        path = TARGET / name
        if not path.exists() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return TARGET


def main(arguments):
    print("%s: freeze it with firmware/boards/HAN_READER" % write(*arguments).relative_to(stage.ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
