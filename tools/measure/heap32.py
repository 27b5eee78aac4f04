"""What lives on an ESP32's heap, estimated from what lives on the 64-bit unix port: part of `make size`.

What a frozen module's code needs is in flash; run from a ROM, its tables of constants are in the heap: they are taken
off. The objects that are left are smaller with 32 bits. By how much is measured: all modules are imported, the
application is made and reads telegrams, on MicroPython's WebAssembly port (run by node), whose objects are as large as
the chip's, and in the same way on the unix port. It has no sockets, TLS, ciphers or viper, whose twins stand for it.
"""

import ast
import json
import pathlib
import re
import shutil
import subprocess

from host_sim import meters
from host_sim.house import House
from staging import rom, stage, unix
from tools.measure.accounts import Accounts

#: What stands for the chip's board.
BOARD = (
    "host_sim", "host_sim.board", "host_sim.clock", "host_sim.uart", "host_sim.line.feed", "host_sim.hardware.cable",
    "host_sim.hardware.flash", "host_sim.hardware.network", "host_sim.hardware.machine",
)  # fmt: skip
HERE = pathlib.Path(__file__).parent / "wasm"
_FOLDER = stage.BUILD / "wasm"
_PORT = _FOLDER / "node_modules" / "@micropython" / "micropython-webassembly-pyscript"
#: Where the objects of 32 bits have not been measured: this was found on 2026-11-28.
_RATIO, _LIBRARY = 0.545, 3700
#: Python's heap on an ESP32 without PSRAM: two areas of 56 kB, three bits of each 16 bytes for administration.
_AREAS = 2 * 56 * 1024 * 125 // 128
#: An emulated ESP32 on 2026-11-28, frozen sources, WiFi, meter, 4 streams: by how many bytes gc.mem_free() had become
#: less since before the application, and what this estimate says of the same sources. gc.mem_free() counts the largest
#: free block of the system heap, which the system takes from as well, and not garbage: what lived was at most that.
_KNOWN = (
    ("4 streams", 76000, 54200),
    ("each GET asked for once, nothing ever forgotten", 90500, 72000),  # 85 to 96 kB
)
#: The system heap there, bytes: free with WiFi connected and Python's first area; what Python's second area, the
#: application and each stream take of it. With 4 streams 77000 were free, at its lowest 68300.
_SYSTEM, _AREA, _APPLICATION, _STREAM, _LOWEST = 150000, 57344, 14000, 400, 8700
#: design: live at most, free inside the areas, the system heap free and at its lowest at least.
_LIVE, _INSIDE, _FREE, _LEAST = 85000, 20000, 60000, 40000
_START = 1767225600
_READINGS = 50
_PADS = 0, 3000, 50000  # bytes in front of everything
# Names that mpy-cross puts the numbers in the place of.
_CONSTANT = re.compile(r"^(_\w+) = const\(", re.MULTILINE)
# The WebAssembly port has no SHA-1: something else makes the reader's identity there. Nor sockets, which nobody opens.
_BUILT_IN = """import sys, time, asyncio, binascii, hashlib, io, json, os, struct
class Hashes:
    sha1 = sha256 = hashlib.sha256
sys.modules["hashlib"] = sys.modules["socket"] = Hashes
sys.path.insert(0, "/measured")"""
_IMPORT = "for name in %r:\n    __import__(name)"
# A module's lines run once those of the modules that it imports have.
_LINES = """left = %r
before = 0
while before != len(left):
    before = len(left)
    for name in list(left):
        try:
            sys.modules[name].whole()
            left.remove(name)
        except (ImportError, AttributeError):
            pass
print("missing", *left)"""
_RUN = """import han.app
app = han.app.App(board)
print(measured_board.read(app, %d))
for name in "meter state configuration".split():
    getattr(app.messages, name)()""" % _READINGS
# What a ROM is started with for measuring: see staging/mount.py.
_STARTED = """import gc, json, micropython, sys
def start():
    for step in json.loads(sys.stdin.read()):
        exec(step, globals())
        print("--")
        gc.collect()
        micropython.mem_info()
        micropython.qstr_info()
        print("==")
"""


def ready():
    """Install the port at its pinned version below build/; False where there is no node, or no way to get it."""
    if not shutil.which("node") or not shutil.which("npm"):
        return False
    lock = (HERE / "package-lock.json").read_bytes()
    kept = _FOLDER / "package-lock.json"
    if not _PORT.exists() or kept.read_bytes() != lock:
        _FOLDER.mkdir(parents=True, exist_ok=True)
        for name in "package.json", "package-lock.json":
            shutil.copyfile(HERE / name, _FOLDER / name)
        npm = ["npm", "ci", "--ignore-scripts", "--silent", "--fetch-retries=0", "--fetch-timeout=20000"]
        return subprocess.run(npm, cwd=_FOLDER, capture_output=True).returncode == 0
    return True


def unrun(text):
    """A module's text that defines one function with all of it: loaded, but nothing is made of it."""
    tree = ast.parse(text)
    whole = ast.parse("def whole():\n    pass").body[0]
    top = sorted(_bound(tree.body) - set(_CONSTANT.findall(text)))
    whole.body = ([ast.Global(top)] if top else []) + (tree.body or [ast.Pass()])
    return ast.unparse(ast.fix_missing_locations(ast.Module([whole], []))) + "\n"


def _bound(nodes):
    """Names that statements of a module bind."""
    names = set()
    todo = list(nodes)
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
            continue
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            names.add(node.name)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).split(".")[0])
        todo += ast.iter_child_nodes(node)
    return names


def compiled(texts, folder):
    """Have mpy-cross make the modules {path: text} below the folder."""
    shutil.rmtree(folder, ignore_errors=True)
    found = {}
    for path, text in texts.items():
        found[path] = folder / path
        found[path].parent.mkdir(parents=True, exist_ok=True)
        found[path].write_text(text)
    for source, message in stage.bring_up_to_date(found, folder, "none").items():
        raise ValueError("%s: %s" % (source, message))
    for source in found.values():
        source.unlink()


def _objects(text):
    accounts = Accounts()
    accounts.take(text.encode())
    return accounts.objects[0]


def measured(folder, steps):
    """[(bytes that live without names, what was printed)] after each step of Python, on 32 bits."""
    command = ["node", str(HERE / "measure.mjs"), str(_PORT), str(folder)]
    run = subprocess.run(command, input=json.dumps(steps), capture_output=True, text=True)
    if run.returncode:
        raise RuntimeError("node: " + run.stderr[-900:])
    return [(_objects(text), text) for text in json.loads(run.stdout)]


def measured_64(folder, steps):
    """The same on the unix port, the folder in a ROM."""
    path = rom.write("measured", folder)
    run = subprocess.run(unix.rom_command(path, "started"), input=json.dumps(steps), capture_output=True, text=True)
    if run.returncode:
        raise RuntimeError("micropython: " + (run.stdout + run.stderr)[-900:])
    steps = [text.split("--\n") for text in run.stdout.split("==\n")[:-1]]
    return [(_objects(account), printed) for printed, account in steps]


def everywhere(folder, steps):
    """measured() at several addresses, after a step that moves all the rest; the one that keeps least.

    Addresses are numbers as others are: one that looks like one keeps what lies there.
    """
    found = [measured(folder, ["pad = bytearray(%d)" % pad] + steps)[1:] for pad in _PADS]
    return min(found, key=lambda rows: rows[-1][0] - rows[0][0])


def telegram():
    """A P1 telegram of the simulated meter."""
    meter = meters.create("p1")
    return meter.encode(House(_START, 1, meter.ZONE_MIN).state((_START + 10) * 1000))


def dotted(path):
    """The name that the module of a file has."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


class Scale:
    """Makes the modules for measuring, and knows from that what a byte on 64 bits is on the chip."""

    def __init__(self, more=()):
        found = {path: source for path, source in stage.sources().items() if len(path.parts) > 1}
        for name in more:  # of the simulated board
            path = pathlib.Path(name.replace(".", "/") + ("/__init__.py" if name == "host_sim" else ".py"))
            found[path] = stage.ROOT / path
        texts = {path: source.read_text() for path, source in sorted(found.items())}
        texts = {path: text for path, text in texts.items() if "@micropython.viper" not in text}
        self._names = [dotted(path) for path in texts]
        started = {pathlib.Path("started.py"): _STARTED}
        board = {pathlib.Path("measured_board.py"): (HERE / "board.py").read_text()}
        self._whole, self._unrun = _FOLDER / "whole", _FOLDER / "unrun"
        compiled(texts | started, self._whole)
        compiled({path: unrun(text) for path, text in texts.items()} | started | board, self._unrun)

    def tables(self, modules):
        """Bytes that the code of these modules takes on the unix port in a ROM, beside the objects that it makes."""
        names = [name for name in self._names if name in modules]
        whole = measured_64(self._whole, ["import sys, asyncio", _IMPORT % (names,)])
        unrun = measured_64(self._unrun, ["import sys, asyncio", _IMPORT % (names,), _LINES % (names,)])
        return whole[1][0] - whole[0][0] - (unrun[2][0] - unrun[1][0])

    def ratio(self):
        """(bytes of objects on 32 bits by those on 64, bytes of asyncio's on 32)."""
        here = [name for name in self._names if not name.startswith("host_sim")]
        begin = "import measured_board\nboard = measured_board.Board(%r)" % telegram()
        steps = ["pass", _BUILT_IN, begin, _IMPORT % (here,), _LINES % (here,)]
        missing = everywhere(self._unrun, steps)[-1][1].split("\n")[0].split()[1:]
        names = [name for name in here if name not in missing]
        steps[3:] = _IMPORT % (names,), _LINES % (names,), _RUN
        narrow, wide = everywhere(self._unrun, steps), measured_64(self._unrun, steps)
        return (narrow[-1][0] - narrow[3][0]) / (wide[-1][0] - wide[3][0]), narrow[1][0] - narrow[0][0]


def report(objects, modules):
    """Print the estimate for what heap.report() has found."""
    scale = Scale({name for there in modules.values() for name in there if name in BOARD})
    if ready():
        ratio, library = scale.ratio()
        print("\nobjects on 32 bits, %s: %.3f of what they take on 64" % (_PORT.name, ratio))
    else:
        ratio, library = _RATIO, _LIBRARY
        print("\nobjects on 32 bits: %.3f, as once measured; to measure it again needs node and npm" % ratio)
    print("\nestimate for an ESP32 without PSRAM: WiFi, P1 meter, history, 4 streams; kB")
    missed = sum(measured - estimated for _, measured, estimated in _KNOWN) / len(_KNOWN)
    for moment, there in modules.items():
        tables = scale.tables(there)
        live = (objects[moment] - tables) * ratio + library
        print("  %-56s %6.1f" % (moment + ": live", live / 1000))
        live += missed
        _row("  with what the estimate misses", live, live <= _LIVE, "at most", _LIVE)
        _row("  then free inside of Python's 112 kB", _AREAS - live, _AREAS - live >= _INSIDE, "at least", _INSIDE)
    system = _SYSTEM - _AREA - _APPLICATION - 4 * _STREAM
    _row("system heap: free", system, system >= _FREE, "at least", _FREE)
    _row("system heap: lowest", system - _LOWEST, system - _LOWEST >= _LEAST, "at least", _LEAST)
    print("  (the system heap's figures are the emulator's, and hold as long as Python takes no third area)")
    print("error: the same estimate of sources that an emulated ESP32 has run, kB")
    for what, measured, estimated in _KNOWN:
        off = 100 * (estimated - measured) / measured
        print("  %-48s estimate %.1f, emulator %.1f: %+.0f %%" % (what, estimated / 1000, measured / 1000, off))
    print("  the budget is held against the estimate with %.1f more, as it missed on average" % (missed / 1000))


def _row(what, size, kept, bound, budget):
    print("  %-56s %6.1f  %s %.0f%s" % (what, size / 1000, bound, budget / 1000, "" if kept else "  OVER BUDGET"))
