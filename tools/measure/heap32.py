"""Estimates the live objects on an ESP32's heap from those on the 64-bit unix port; for `make size`.

On the chip the code of a frozen module is completely in flash. Run from a ROM, its tables of constants are in the
heap, so the estimate subtracts them. The remaining objects are smaller on 32 bits. The ratio is measured: the same
steps (import all modules, create the application, read telegrams) run on MicroPython's WebAssembly port with node,
whose objects are as large as the chip's, and on the unix port. The WebAssembly port has no sockets, TLS, ciphers or
viper; the plain twins replace viper code.
Names are in flash too, but not those of modules: they are made by the import, and stay.

Not measured but assumed: the objects of the simulated board are as large as those of the chip's board, and those of
asyncio, of the name in .local and the names of modules take what they took on a unix port built for 32 bits.
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
from tools.measure.imports import imported, needed

#: The modules that take the place of the chip's board.
BOARD = (
    "host_sim", "host_sim.board", "host_sim.clock", "host_sim.uart", "host_sim.line.feed", "host_sim.hardware.cable",
    "host_sim.hardware.flash", "host_sim.hardware.machine", "host_sim.radio", "host_sim.radio.air",
    "host_sim.radio.softap", "host_sim.radio.station",
)  # fmt: skip
HERE = pathlib.Path(__file__).parent / "wasm"
FOLDER = stage.BUILD / "wasm"
_PORT = FOLDER / "node_modules" / "@micropython" / "micropython-webassembly-pyscript"
#: Ratio of the sizes, measured on 2026-11-28; used if there is no node.
_RATIO = 0.545
#: Bytes of asyncio's objects, and of a module's name without its letters; measured on 2026-11-28 with the unix port of
#: MicroPython 1.29, built for 32 bits with all modules frozen in.
_LIBRARY, _NAME = 2100, 10
#: Bytes of what answers for the reader's name in .local, which the simulated board leaves to its host; measured on
#: 2026-11-29 with the same port.
_LOCAL = 1200
#: Bytes of the two areas of Python's heap on an ESP32 without PSRAM and without a certificate: see firmware/begin.py.
_FIRST, _SECOND = 56 * 1024, 64 * 1024
#: What both have for objects: administration takes three bits for 16 bytes.
_AREAS = (_FIRST + _SECOND) * 125 // 128
#: (what, (least, most) on an emulated ESP32, bytes on that 32-bit unix port) for the same sources on 2026-11-28 (commit
#: ddef633, as they were) with meter, history and 4 streams. The emulated ESP32 had WiFi; its bytes are those by which
#: gc.mem_free() had shrunk since before the application, less 1300 for the administration of the second area. They
#: include garbage, and what the system has taken from its largest free block, which gc.mem_free() counts as free.
_KNOWN = (
    ("4 streams", (73100, 75100), 73500),
    ("each GET asked for once, nothing ever forgotten", (83700, 94700), 92000),
)
#: The system heap there, bytes: free with WiFi connected and Python's first area; bytes that the application and each
#: stream take; how far it sank for moments. With 4 streams 77000 were free, and 68300 at its lowest; Python's second
#: area had 57344 bytes.
_SYSTEM, _APPLICATION, _STREAM, _LOWEST = 150000, 14000, 400, 8700
#: Budgets of the design, bytes: most live objects, least free inside the areas, least free system heap, least at its
#: lowest.
_LIVE, _INSIDE, _FREE, _LEAST = 85000, 20000, 60000, 40000
_START = 1767225600
_READINGS = 50
_PADS = 0, 3000, 50000  # bytes allocated before everything else
# Constants that mpy-cross replaces by their numbers.
_CONSTANT = re.compile(r"^(_\w+) = const\(", re.MULTILINE)
#: The WebAssembly port has no SHA-1, so SHA-256 makes the reader's identity there; and no sockets, but none is opened.
BUILT_IN = """import sys, time, asyncio, binascii, hashlib, io, json, os, struct
class Hashes:
    sha1 = sha256 = hashlib.sha256
sys.modules["hashlib"] = sys.modules["socket"] = Hashes
sys.path.insert(0, "/measured")"""
IMPORT = "for name in %r:\n    __import__(name)"
#: Runs the lines of each module after those of the modules that it imports.
LINES = """left = %r
before = 0
while before != len(left):
    before = len(left)
    for name in list(left):
        try:
            sys.modules[name].all_its_lines()
            left.remove(name)
        except (ImportError, AttributeError):
            pass
print("missing", *left)"""
_RUN = """import han.app
app = han.app.App(board)
print(measured_board.read(app, %d))
for name in "meter state configuration".split():
    getattr(app.messages, name)()""" % _READINGS
# The module that a ROM starts for measuring, see staging/mount.py.
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
    """Install the WebAssembly port at its pinned version below build/; False without node or network."""
    if not shutil.which("node") or not shutil.which("npm"):
        return False
    lock = (HERE / "package-lock.json").read_bytes()
    kept = FOLDER / "package-lock.json"
    if not _PORT.exists() or kept.read_bytes() != lock:
        FOLDER.mkdir(parents=True, exist_ok=True)
        for name in "package.json", "package-lock.json":
            shutil.copyfile(HERE / name, FOLDER / name)
        npm = ["npm", "ci", "--ignore-scripts", "--silent", "--fetch-retries=0", "--fetch-timeout=20000"]
        return subprocess.run(npm, cwd=FOLDER, capture_output=True).returncode == 0
    return True


def unrun(text):
    """The text of a module with all its lines inside one function all_its_lines(): importing it creates no objects."""
    tree = ast.parse(text)
    whole = ast.parse("def all_its_lines():\n    pass").body[0]
    top = sorted(_bound(tree.body) - set(_CONSTANT.findall(text)))
    whole.body = ([ast.Global(top)] if top else []) + (tree.body or [ast.Pass()])
    return ast.unparse(ast.fix_missing_locations(ast.Module([whole], []))) + "\n"


def _bound(nodes):
    """Names (a set) that statements of a module bind."""
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


def compiled(texts, folder, arch="none"):
    """Compile the modules {path: text} to .mpy files below the folder; ValueError if one does not compile."""
    shutil.rmtree(folder, ignore_errors=True)
    found = {}
    for path, text in texts.items():
        found[path] = folder / path
        found[path].parent.mkdir(parents=True, exist_ok=True)
        found[path].write_text(text)
    for source, message in stage.bring_up_to_date(found, folder, arch).items():
        raise ValueError("%s: %s" % (source, message))
    for source in found.values():
        source.unlink()


def _objects(text):
    accounts = Accounts()
    accounts.take(text.encode())
    return accounts.objects[0]


def measured(folder, steps):
    """[(live bytes without names, printed text)] after each step (Python code) on 32 bits; RuntimeError if it fails."""
    command = ["node", str(HERE / "measure.mjs"), str(_PORT), str(folder)]
    run = subprocess.run(command, input=json.dumps(steps), capture_output=True, text=True)
    if run.returncode:
        raise RuntimeError("node: " + run.stderr[-900:])
    return [(_objects(text), text) for text in json.loads(run.stdout)]


def measured_64(folder, steps):
    """The same on the unix port, with the folder in a ROM."""
    path = rom.write("measured", folder)
    run = subprocess.run(unix.rom_command(path, "started"), input=json.dumps(steps), capture_output=True, text=True)
    if run.returncode:
        raise RuntimeError("micropython: " + (run.stdout + run.stderr)[-900:])
    steps = [text.split("--\n") for text in run.stdout.split("==\n")[:-1]]
    return [(_objects(account), printed) for printed, account in steps]


def everywhere(folder, steps):
    """The smallest of several measured(), each with all objects at other addresses.

    The collector takes a number for a reference if it equals an address, and then keeps the object there.
    """
    found = [measured(folder, ["pad = bytearray(%d)" % pad] + steps)[1:] for pad in _PADS]
    return min(found, key=lambda rows: rows[-1][0] - rows[0][0])


def telegram():
    """A P1 telegram (bytes) of the simulated meter."""
    meter = meters.create("p1")
    return meter.encode(House(_START, 1, meter.ZONE_MIN).state((_START + 10) * 1000))


def dotted(path):
    """Name of the module in a file."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


class Scale:
    """Compiles the modules for measuring, and compares the sizes on 64 bits and on the chip.

    more  names of modules of host_sim to include
    """

    def __init__(self, more=()):
        found = {path: source for path, source in stage.sources().items() if len(path.parts) > 1}
        for name in more:  # of the simulated board
            path = pathlib.Path(name.replace(".", "/") + ("/__init__.py" if name == "host_sim" else ".py"))
            found[path] = stage.ROOT / path
        texts = {path: source.read_text() for path, source in sorted(found.items())}
        plain = {path: text for path, text in texts.items() if "@micropython.viper" not in text}
        if stage.UNIX == "none":
            texts = plain
        self._names, self._plain = [dotted(path) for path in texts], [dotted(path) for path in plain]
        packages = {dotted(path): (text, path.stem == "__init__") for path, text in texts.items()}
        self._imports = imported(packages)
        started = {pathlib.Path("started.py"): _STARTED}
        board = {pathlib.Path("measured_board.py"): (HERE / "board.py").read_text()}
        self._whole, self._unrun, self._empty = [FOLDER / name for name in ("whole", "unrun", "empty")]
        self._portable = FOLDER / "portable"
        compiled(texts | started, self._whole, stage.UNIX)
        compiled({path: unrun(text) for path, text in texts.items()} | started, self._unrun, stage.UNIX)
        compiled(dict.fromkeys(texts, "") | started, self._empty, stage.UNIX)
        compiled({path: unrun(text) for path, text in plain.items()} | started | board, self._portable)

    def tables(self, modules):
        """Bytes that the code of these modules takes on the unix port with a ROM, without the objects it creates."""
        # It may have been forgotten a moment before those that import it. Then it does not count.
        framework = [name for name in self._names if name.startswith("microdot") and name not in modules]
        # Of others that were forgotten before, those that import them do not count either: their lines could not run.
        here = {*modules, *framework}
        names = [name for name in self._names if name in modules and needed([name], self._imports) <= here]
        steps = ["import sys, asyncio\n" + IMPORT % (framework,), IMPORT % (names,)]
        whole, empty = measured_64(self._whole, steps), measured_64(self._empty, steps)
        steps[0] += "\n" + LINES % (framework,)
        unrun = measured_64(self._unrun, [*steps, LINES % (names,)])
        missing = unrun[2][1].split("\n")[0].split()[1:]
        if missing:  # their objects would count as tables
            raise RuntimeError("the lines of these did not run: %s" % ", ".join(missing))
        return whole[1][0] - whole[0][0] - (empty[1][0] - empty[0][0]) - (unrun[2][0] - unrun[1][0])

    def ratio(self):
        """Ratio of the objects' bytes on 32 bits to those on 64."""
        here = [name for name in self._plain if not name.startswith("host_sim")]
        begin = "import measured_board\nboard = measured_board.Board(%r)" % telegram()
        steps = ["pass", BUILT_IN, begin, IMPORT % (here,), LINES % (here,)]
        missing = everywhere(self._portable, steps)[-1][1].split("\n")[0].split()[1:]
        names = [name for name in here if name not in missing]
        steps[3:] = IMPORT % (names,), LINES % (names,), _RUN
        narrow, wide = everywhere(self._portable, steps), measured_64(self._portable, steps)
        return (narrow[-1][0] - narrow[3][0]) / (wide[-1][0] - wide[3][0])


def report(objects, modules):
    """Print the estimate from the results of heap.report()."""
    scale = Scale({name for there in modules.values() for name in there if name in BOARD})
    if ready():
        ratio = scale.ratio()
        print("\nobjects on 32 bits, %s: %.3f of what they take on 64" % (_PORT.name, ratio))
    else:
        ratio = _RATIO
        print("\nobjects on 32 bits: %.3f, as once measured; to measure it again needs node and npm" % ratio)
    print("\nestimate for an ESP32 without PSRAM: WiFi, P1 meter, history, 4 streams; kB")
    named = set()
    for moment, there in modules.items():
        named.update(there)
        names = sum(len(name) + 1 + _NAME for name in named if not name.startswith("host_sim"))
        made = (objects[moment] - scale.tables(there)) * ratio
        live = made + _LIBRARY + names + _LOCAL
        print("  %s" % moment)
        parts = made / 1000, _LIBRARY / 1000, names / 1000, _LOCAL / 1000
        print("    objects %.1f, asyncio %.1f, names of modules %.1f, name in .local %.1f" % parts)
        _row("  live", live, live <= _LIVE, "at most", _LIVE)
        _row("  free inside of Python's 120 kB", _AREAS - live, _AREAS - live >= _INSIDE, "at least", _INSIDE)
    system = _SYSTEM - _SECOND - _APPLICATION - 4 * _STREAM
    _row("system heap: free", system, system >= _FREE, "at least", _FREE)
    _row("system heap: lowest", system - _LOWEST, system - _LOWEST >= _LEAST, "at least", _LEAST)
    print("  (the system heap's figures are the emulator's, and hold as long as Python takes no third area)")
    print("error: sources that an emulated ESP32 has run, kB")
    for what, (least, most), frozen in _KNOWN:
        figures = frozen / 1000, least / 1000, most / 1000
        print("  %-48s all frozen, 32 bits %.1f; emulator %.1f to %.1f, with garbage" % (what, *figures))


def _row(what, size, kept, bound, budget):
    print("  %-56s %6.1f  %s %.0f%s" % (what, size / 1000, bound, budget / 1000, "" if kept else "  OVER BUDGET"))
