"""The application's files for an image: staged and compiled, with the version of the image."""

import io
import pathlib
import re
import tempfile
import zipfile

from staging import ImageError, stage

_INIT = pathlib.Path("han/__init__.py")
_VERSION = re.compile(r'^__version__ = "(.*)"$', re.MULTILINE)
#: Architecture of the simulated board, and the archive in its image with the sources for CPython.
SIM = "sim"
SOURCES = "py.zip"
#: Architecture of the chips that run an image with files.
CHIP = stage.CHIP


def project_version():
    """The version in the sources, text."""
    return _VERSION.search((stage.ROOT / "lib" / _INIT).read_text()).group(1)


def files(arch, version):
    """{path: bytes} of an image's file system. ImageError if a module does not compile.

    arch  CHIP, or SIM: then the files are for both interpreters
    """
    if arch != SIM:
        # Plain twins of viper code are never imported on the chip.
        return {path: data for path, data in _compiled(arch, version).items()
                if not path.endswith(("_plain.mpy", "/plain.mpy"))}  # fmt: skip
    found = {path: data for path, data in _compiled(stage.UNIX, version).items()
             if path.partition(".")[0] + ".py" not in stage.BOARD}  # fmt: skip
    found[SOURCES] = _archive(version)
    return found


def _archive(version):
    """The sources and data files as a ZIP archive, bytes. The same files always give the same bytes."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, source in stage.sources().items():
            if str(path) not in stage.BOARD:
                text = source.read_text()
                _add(archive, path.as_posix(), (with_version(text, version) if path == _INIT else text).encode())
        for path in sorted((stage.ROOT / "lib").rglob("*.bin")):
            _add(archive, path.relative_to(stage.ROOT / "lib").as_posix(), path.read_bytes())
    return content.getvalue()


def _add(archive, name, data):
    archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)


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
    """The source text of han/__init__.py with this version in it."""
    return _VERSION.sub('__version__ = "%s"' % version, text)
