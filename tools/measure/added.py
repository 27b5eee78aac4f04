"""Measures what sub-meters, registers, events, peaks, costs and alarms take unasked; for `make size`.

Nearly all of it is loaded when it is asked for. What is left are parts of modules that are always there. So the same
steps run twice on MicroPython's WebAssembly port, whose objects are as large as the chip's: with the sources as they
are, and with copies that lack these parts. The difference is printed.
"""

import ast
import pathlib

from staging import stage
from tools.measure import heap32

#: Most bytes that they may take, of the design.
BUDGET = 2000
#: The packages and modules of which nothing is there as long as nobody asks.
ASKED = (
    "han.alarms", "han.closing", "han.forecast", "han.watching", "han.meter.besides", "han.meter.registers",
    "han.meter.submeters", "han.store.ledger", "han.tariff",
)  # fmt: skip
#: {module that is always there: names of what is there for them}. A name with a dot is one of attributes only.
LACKING = {
    "han/app.py": "Books books watch_alarms _watch _keep_books",
    "han/api/http/stream.py": "alarms meter_events",
    "han/api/messages/meter.py": ".extra",
    "han/meter/decoder.py": "tap",
    "han/meter/link.py": "LISTED .extra .ratio take_more",
    "han/meter/live.py": "BESIDES extra ratio demand take_more",
    "han/meter/obis.py": "TARIFF FREQUENCY POWER_FACTOR APPARENT EXPORT_APPARENT BREAKER RELAY LIMIT FUSE FAILURES"
    " LONG_FAILURES SAGS SWELLS DEMAND PEAK MESSAGE MESSAGE_CODE MORE_UNITS NOT_SENT",
    "han/meter/p1.py": "LINES aside",
    "han/meter/reading.py": "BESIDES NUMBERS SAID LISTED LINES aside",
    "han/store/config.py": "cap alarms peaks sub monthly",
    "han/wire/rows/lines.py": "gather",
    "han/wire/rows/lines_plain.py": "gather",
}
#: The module that is only there for them.
_BOOKS = "han.books"
_STREAMS = 4
# The steps after the modules: what the application makes, reads and has for streams.
_RUN = """import han.app
from han.api.http import stream
app = han.app.App(board)
print(measured_board.read(app, 50))
boxes = [app.bus.subscribe(*stream._TOPICS + stream._NEWS) for _ in range(%d)]
app.messages.meter()""" % _STREAMS


class _Lacking(ast.NodeTransformer):
    """Takes all out of a module that has or makes one of the names, and statements that need what is taken out."""

    def __init__(self, names):
        self._names = {name for name in names if name[0] != "."}
        self._attributes = {name.lstrip(".") for name in names}

    def _is(self, node):
        if isinstance(node, ast.Attribute):
            return node.attr in self._attributes
        return isinstance(node, ast.Name) and node.id in self._names

    def _needs(self, node):
        return any(self._is(one) for one in ast.walk(node))

    def _definition(self, node):
        if node.name in self._names:
            return None
        self.generic_visit(node)
        node.body = node.body or [ast.Pass()]
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _definition

    def visit_ImportFrom(self, node):
        node.names = [alias for alias in node.names if alias.name not in self._names]
        return node if node.names else None

    def visit_Assign(self, node):
        (target,) = node.targets[-1:]
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            kept = [pair for pair in zip(target.elts, node.value.elts, strict=True) if not self._is(pair[0])]
            target.elts, node.value.elts = [list(half) for half in zip(*kept, strict=True)] if kept else ([], [])
            return self.generic_visit(node) if kept else None
        node.targets = [one for one in node.targets if not self._is(one)]
        return self.generic_visit(node) if node.targets else None

    def visit_AugAssign(self, node):
        return None if self._needs(node) else node

    def visit_AnnAssign(self, node):
        return None if self._needs(node.target) else node

    def visit_Expr(self, node):
        return None if self._needs(node) else self.generic_visit(node)

    def _block(self, node):
        self.generic_visit(node)
        node.body = node.body or [ast.Pass()]
        return node

    visit_For = visit_Try = visit_With = _block

    def visit_If(self, node):
        if self._needs(node.test):
            return [kept for one in node.orelse if (kept := self.visit(one))] or ast.Pass()
        return self._block(node)

    def visit_Dict(self, node):
        kept = [
            pair
            for pair in zip(node.keys, node.values, strict=True)
            if not (isinstance(pair[0], ast.Constant) and pair[0].value in self._names)
        ]
        node.keys, node.values = [key for key, _ in kept], [value for _, value in kept]
        return self.generic_visit(node)

    def visit_Tuple(self, node):
        node.elts = [one for one in node.elts if not (isinstance(one, ast.Constant) and one.value in self._names)]
        return self.generic_visit(node)


def lacking(text, names):
    """The text of a module without what it has for these names."""
    return ast.unparse(ast.fix_missing_locations(_Lacking(names).visit(ast.parse(text)))) + "\n"


class _Copy:
    """The modules {path: text}, compiled to measure their objects."""

    def __init__(self, texts, folder):
        board = {pathlib.Path("measured_board.py"): (heap32.HERE / "board.py").read_text()}
        heap32.compiled({path: heap32.unrun(text) for path, text in texts.items()} | board, folder)
        self._folder = folder
        begin = "import measured_board\nboard = measured_board.Board(%r)" % heap32.telegram()
        self._steps = ["pass", heap32.BUILT_IN, begin]

    def _after(self, names):
        return self._steps + [heap32.IMPORT % (names,), heap32.LINES % (names,)]

    def missing(self, names):
        """Those of the modules whose lines cannot run here, a set."""
        return set(heap32.measured(self._folder, self._after(names))[-1][1].split("\n")[0].split()[1:])

    def size(self, names):
        """Bytes of the objects that are made by these modules and by the application's first minutes."""
        rows = heap32.everywhere(self._folder, [*self._after(names), _RUN])
        return rows[-1][0] - rows[3][0]


def measured():
    """The bytes that they take on 32 bits."""
    found = {path: source.read_text() for path, source in stage.sources().items() if len(path.parts) > 1}
    texts = {path: text for path, text in sorted(found.items()) if "@micropython.viper" not in text}
    without = {path: lacking(text, LACKING.get(path.as_posix(), "").split()) for path, text in texts.items()}
    whole = _Copy(texts, heap32.FOLDER / "added")
    less = _Copy(without, heap32.FOLDER / "lacking")
    names = [name for name in map(heap32.dotted, texts) if not name.startswith(ASKED)]
    # What is loaded for a request and needs what is lacking counts for neither of them.
    missing = whole.missing(names) | less.missing(names)
    names = [name for name in names if name not in missing]
    return whole.size(names) - less.size([name for name in names if name != _BOOKS])


def report():
    """Print what they take beside the budget."""
    if not heap32.ready():
        print("sub-meters, registers, events, peaks, costs, alarms: to measure them needs node and npm")
        return
    size = measured()
    print("sub-meters, registers, events, peaks, costs, alarms, kB of objects on 32 bits")
    over = "" if size <= BUDGET else "  OVER BUDGET"
    print("  %-56s %6.1f  at most %.0f%s" % ("as long as nobody asks for them", size / 1000, BUDGET / 1000, over))
