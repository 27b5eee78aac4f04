"""Lays out the Python that firmware/boards/HAN_READER freezes, in build/frozen: `make stage`.

Sources and not .mpy files: the MicroPython that is built brings its own compiler, whose version need not be ours.
Data files become modules, as there is no file system.
"""

import shutil
import sys

from staging import keyring, page, stage
from tools.image import application

TARGET = stage.BUILD / "frozen"
#: Twins of viper code, for interpreters without it.
TWINS = ("_plain.py", "wire/plain.py")
INIT = "han/__init__.py"
#: What the chip starts: {name there: source}.
STARTERS = ("boot.py", "main.py")
#: {data file: the module whose DATA it is}, which its readers fall back to where there are no files.
DATA = {
    "han/core/zones.bin": "han/core/zonedata.py",
    "han/api/page/page.bin": "han/api/page/pagedata.py",
}


def files(version):
    """{path below build/frozen: text} of all there is to be."""
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
    return found


def write(version=None):
    """Bring build/frozen up to date; its path. version: the release's, default the project's.

    Files that stay the same keep their time, for make's sake.
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
