"""The application's files in an image: staged, compiled, with the version that the image is to have."""

import pathlib
import re
import tempfile

from staging import ImageError, stage

_INIT = pathlib.Path("han/__init__.py")
_VERSION = re.compile(r'^__version__ = "(.*)"$', re.MULTILINE)
#: The simulated board's architecture, and the folder with the sources that CPython runs there.
SIM = "sim"
SOURCES = "py"
#: Compiled code of every chip that the reader runs on.
CHIP = stage.CHIP


def project_version():
    """The version that the sources say they are."""
    return _VERSION.search((stage.ROOT / "lib" / _INIT).read_text()).group(1)


def files(arch, version):
    """{path: bytes} of an image's file system. arch: CHIP, or SIM for both interpreters; ImageError."""
    if arch != SIM:
        # Twins of viper code are never imported where there is viper.
        return {path: data for path, data in _compiled(arch, version).items()
                if not path.endswith(("_plain.mpy", "/plain.mpy"))}  # fmt: skip
    found = {path: data for path, data in _compiled(stage.UNIX, version).items()
             if path.partition(".")[0] + ".py" not in stage.BOARD}  # fmt: skip
    for path, source in stage.sources().items():
        if str(path) not in stage.BOARD:
            text = source.read_text()
            found["%s/%s" % (SOURCES, path)] = (with_version(text, version) if path == _INIT else text).encode()
    for path in (stage.ROOT / "lib").rglob("*.bin"):
        found["%s/%s" % (SOURCES, path.relative_to(stage.ROOT / "lib"))] = path.read_bytes()
    return found


def _compiled(arch, version):
    target, failed = stage.stage(arch)
    for source, message in failed.items():
        raise ImageError("%s: %s" % (source, message))
    found = {path.relative_to(target).as_posix(): path.read_bytes() for path in target.rglob("*")
             if path.suffix in (".mpy", ".bin")}  # fmt: skip
    name = _INIT.with_suffix(".mpy").as_posix()
    found[name] = _init(arch, version)
    return found


def _init(arch, version):
    with tempfile.TemporaryDirectory() as folder:
        source, output = pathlib.Path(folder, "__init__.py"), pathlib.Path(folder, "__init__.mpy")
        source.write_text(with_version((stage.ROOT / "lib" / _INIT).read_text(), version))
        message = stage.compiled(_INIT, source, output, arch)
        if message:
            raise ImageError("%s: %s" % (_INIT, message))
        return output.read_bytes()


def with_version(text, version):
    """The source of han/__init__.py with that version in it."""
    return _VERSION.sub('__version__ = "%s"' % version, text)
