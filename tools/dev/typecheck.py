"""Type-checks everything for the chip against MicroPython's ESP32 stubs: `python -m tools.dev.typecheck`.

The stubs describe MicroPython's own `time`, `os`, `asyncio` … A type checker accepts such stubs only as its typeshed.
So this lays them out as a typeshed, with those of microdot.
"""

import importlib.metadata
import importlib.util
import pathlib
import shutil
import subprocess
import sys

from staging import keyring, stage

ROOT = stage.ROOT
TYPESHED = stage.BUILD / "typeshed"
PACKAGES = ("micropython-stdlib-stubs", "micropython-esp32-stubs")
# A viper function takes a pointer, but its caller passes a buffer. The stubs do not know that.
VIPER = "def viper(_func: Callable[_Param, _Ret], /) -> Callable[%s, _Ret]:"


def versions():
    names = PACKAGES + ("microdot",)
    return "".join("%s %s\n" % (name, importlib.metadata.version(name)) for name in names) + VIPER % "..."


def make_typeshed():
    """Lay the stubs out as a typeshed, once for each version of them. RuntimeError if viper() has changed."""
    stamp = TYPESHED / "stamp"
    if stamp.exists() and stamp.read_text() == versions():
        return
    shutil.rmtree(TYPESHED, ignore_errors=True)
    stdlib = TYPESHED / "stdlib"
    for package in PACKAGES:
        for file in importlib.metadata.files(package):
            if file.parts[0] == "stubs":
                copy(file.locate(), TYPESHED / file)
            elif file.parts[0] == "stdlib":
                copy(file.locate(), TYPESHED / file)
            elif file.suffix == ".pyi":
                copy(file.locate(), stdlib / file)
    for file in pathlib.Path(importlib.util.find_spec("microdot").origin).parent.glob("*.pyi"):
        copy(file, stdlib / "microdot" / file.name)
    module = stdlib / "micropython.pyi"
    text = module.read_text()
    if VIPER % "_Param" not in text:
        raise RuntimeError("the stubs have another viper()")
    module.write_text(text.replace(VIPER % "_Param", VIPER % "..."))
    # The checker ignores modules that VERSIONS does not list.
    known = (stdlib / "VERSIONS").read_text()
    listed = {line.split(":")[0] for line in known.splitlines()}
    found = {path.stem for path in stdlib.iterdir()} - listed
    extra = "".join("%s: 3.0-\n" % name for name in sorted(found))
    (stdlib / "VERSIONS").write_text(known.rstrip("\n") + "\n" + extra)
    stamp.write_text(versions())


def copy(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)


def main():
    make_typeshed()
    keyring.write_module()
    return subprocess.call([sys.executable, "-m", "mypy", "lib/han", "firmware", "boot.py", "main.py"], cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main())
