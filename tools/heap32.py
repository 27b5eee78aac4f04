"""How large the application is on a 32-bit heap: MicroPython's WebAssembly port, run by node. Part of `make size`.

Objects there are as large as the chip's. It has no sockets, TLS, ciphers or viper: twins stand for viper code, which
on the chip lies in memory of its own, so they are taken off again; what connections take comes from the unix port's
report (tools.heap): two thirds of that, as one built for 32 bits has shown. A frozen module's code and names are in
flash, so they are taken off, too.
"""

import ast
import json
import pathlib
import re
import shutil
import statistics
import subprocess

from host_sim import meters
from host_sim.house import House
from tools import stage
from tools.accounts import Accounts

HERE = pathlib.Path(__file__).parent / "wasm"
_FOLDER = stage.BUILD / "wasm"
_PORT = _FOLDER / "node_modules" / "@micropython" / "micropython-webassembly-pyscript"
#: Bytes of Python's heap that may live with 4 streams on an ESP32 without PSRAM.
_BUDGET = 85000
_MORE = 500  # telegrams, to see whether they leave anything
_START = 1767225600
_PADS = 0, 3000, 50000  # bytes in front of everything
# Of what comes and goes, what is largest.
_ON_DEMAND = (
    "han.api.history", "han.api.change", "han.api.update", "han.api.diagnostics", "han.api.health", "han.api.page",
    "han.net.policy", "han.net.setup", "han.price.fetch",
)  # fmt: skip
# Names that mpy-cross puts the numbers in the place of.
_CONSTANT = re.compile(r"^(_\w+) = const\(", re.MULTILINE)
# It has no SHA-1: something else makes the reader's identity there. Nor sockets, which nobody opens.
_LIBRARY = "import sys, time, asyncio"
_BUILT_IN = """import binascii, hashlib, io, json, os, struct
class Hashes:
    sha1 = sha256 = hashlib.sha256
sys.modules["hashlib"] = sys.modules["socket"] = Hashes
sys.path.insert(0, "/measured")"""


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


def measured(folder, steps):
    """[(bytes that live, what was printed)] after each step of Python."""
    command = ["node", str(HERE / "measure.mjs"), str(_PORT), str(folder)]
    run = subprocess.run(command, input=json.dumps(steps), capture_output=True, text=True, timeout=300)
    if run.returncode:
        raise RuntimeError("node: " + run.stderr[-900:])
    found = []
    for text in json.loads(run.stdout):
        accounts = Accounts()
        accounts.take(text.encode())
        found.append((accounts.used, text))
    return found


def everywhere(folder, steps):
    """measured() at several addresses, after a step that moves all the rest.

    Addresses are numbers as others are: one that looks like one keeps what lies there.
    """
    return [measured(folder, ["pad = bytearray(%d)" % pad] + steps) for pad in _PADS]


def telegram():
    """A P1 telegram of the simulated meter."""
    meter = meters.create("p1")
    return meter.encode(House(_START, 1, meter.ZONE_MIN).state((_START + 10) * 1000))


def dotted(path):
    """The name that the module of a file has."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def code(texts):
    """{path: bytes that a module takes when it is loaded, before it has run}."""
    folder = _FOLDER / "unrun"
    compiled({path: unrun(text) for path, text in texts.items()}, folder)
    modules = [dotted(path) for path in texts]
    steps = [_LIBRARY, _BUILT_IN]
    # One after the other, packages first; each once more, as the first time brings its names.
    for module in modules:
        package, _, last = module.rpartition(".")
        forget = "sys.modules.pop('%s')" % module
        if package:
            forget += "; delattr(sys.modules['%s'], '%s')" % (package, last)
        steps += ["import " + module, forget, "import " + module]
    taken = []
    for rows in everywhere(folder, steps):
        taken.append([after[0] - before[0] for before, after in zip(rows[4::3], rows[5::3])])
    return dict(zip(texts, map(statistics.median, zip(*taken))))


def report(streams):
    """Print it. streams: bytes that 4 streams take on the unix port, None where nobody knows."""
    if not ready():
        print("\n32-bit heap: not measured, as it needs node and npm")
        return
    texts = {path: source.read_text() for path, source in stage.sources().items()}
    runs = {path: text for path, text in texts.items() if "@micropython.viper" not in text}
    loaded = code(runs)
    folder = _FOLDER / "run"
    board = pathlib.Path("board.py")
    runs[board] = unrun(runs[board])
    runs[pathlib.Path("measured_board.py")] = (HERE / "board.py").read_text()
    compiled(runs, folder)
    begin = "import measured_board\nboard = measured_board.Board(%r)" % telegram()
    named = {
        "microdot": "import microdot",
        "the modules that always run": "import han.app",
        "their objects, when all is set up": "app = han.app.App(board)",
        "P1, first readings, messages": "print(measured_board.read(app, %d))\nfor name in 'meter state "
        "configuration'.split(): getattr(app.messages, name)()" % _MORE,
        "%d readings more" % _MORE: "print(measured_board.read(app, %d), *sys.modules)" % _MORE,
        "the chip's board, its code alone": "import board",  # its pins are forgotten once it has them
    }
    steps = [_LIBRARY, _BUILT_IN, begin, *named.values(), "import micropython\nmicropython.qstr_info(1)"]
    at = 1 + len(steps)
    for module in _ON_DEMAND:
        steps += ["import " + module, "app._idle.look(); app._idle.look()"]
    rows = min(everywhere(folder, steps), key=lambda rows: rows[at - 2][0] - rows[0][0])
    count, *there = rows[at - 3][1].splitlines()[0].split()
    assert int(count) == 2 * _MORE, rows[at - 3][1]
    print("\nheap of 32 bits, %s: bytes that each step takes" % _PORT.name)
    print("  %-42s %8d" % ("asyncio", rows[1][0] - rows[0][0]))
    for name, before, after in zip(named, rows[3:], rows[4:]):
        print("  %-42s %8d" % (name, after[0] - before[0]))
    always = rows[1][0] - rows[0][0] + rows[at - 2][0] - rows[3][0]
    spoken = {line[2:-1] for line in rows[at - 1][1].splitlines() if line.startswith("Q(")}
    for module, before, taken, given in zip(_ON_DEMAND, rows[at - 1 :: 2], rows[at::2], rows[at + 1 :: 2]):
        print("  %-42s %8d, of which %d stay" % (
            module + ", on demand", taken[0] - before[0], given[0] - before[0]))  # fmt: skip
    if streams is not None:
        frozen = sum(size for path, size in loaded.items() if dotted(path) in [*there, "board"])
        parts = {
            "all that runs, as measured above": always,
            "code that is in flash": -frozen,
            "names that are in flash": -interned(spoken),
            "4 streams, two thirds of the unix port's": streams * 2 // 3,
        }
        print("\nestimate of what lives on an ESP32's heap, frozen, with 4 streams")
        for name, size in parts.items():
            print("  %-42s %8d" % (name, size))
        live = sum(parts.values())
        print("  %-42s %8d of %6d %s" % ("all", live, _BUDGET, "" if live <= _BUDGET else "OVER BUDGET"))


def interned(names):
    """Bytes that MicroPython takes for so many names of its own: each pool has room for twice as many as the last."""
    room, pools = 20, 24 + 7 * 20
    while len(names) > 2 * room - 20:
        room *= 2
        pools += 24 + 7 * room
    return pools + sum(len(name) + 1 for name in names)


if __name__ == "__main__":
    report(None)
