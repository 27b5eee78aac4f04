"""Names that the chip has in its flash anyway, lent to the application: each of the application's own takes the chip
17 bytes of memory on average, one that MicroPython's image knows by heart takes none.

A name is given another where only the application speaks it: it is defined there, is no word of a text that may name
things, and is not what a library, the other board or a boot file calls something. One that is lent occurs nowhere in
the application, so each name is the same everywhere again: what runs does not change, only what a traceback shows.
`python -m tools.names app BFINT16` reads that back.
"""

import ast
import builtins
import importlib
import importlib.metadata
import keyword
import re

from tools.names import bound_by

#: The distribution that tells what the port has.
STUBS = "micropython-esp32-stubs"
#: What lends: modules in all published images of the ESP32 that the application has no use for, of constants first.
_LENDERS = (
    "uctypes", "framebuf", "math", "errno", "esp32", "bluetooth", "_espnow", "espnow", "machine", "network", "onewire",
    "ds18x20", "dht", "neopixel", "apa106", "umqtt/simple", "umqtt/robust", "requests/__init__", "webrepl",
    "webrepl_setup", "upysh", "heapq", "random", "btree",
)  # fmt: skip
#: What the stubs have from the documentation: names of other ports, and of versions to come.
_ELSEWHERE = set("""
ADCWiPy ALARM0 ALT ALT_OPEN_DRAIN ANALOG AbstractBlockDev AbstractNIC BANDWIDTH_160 BANDWIDTH_20 BANDWIDTH_40
BANDWIDTH_80 BANDWIDTH_80_80 CONTROLLER CORE_TEMP CORE_VBAT CORE_VREF ENOTSUP IDLE ID_T IPPROTO_SEC IRQ_HIGH_LEVEL
IRQ_INDEX IRQ_LOW_LEVEL IRQ_MATCH IRQ_RESET IRQ_ROLL_OVER IRQ_ROLL_UNDER IRQ_TXIDLE PROTOCOL_DEFAULT PROTOCOL_LR
PULL_HOLD RATE_11M RATE_12M RATE_1M RATE_24M RATE_2M RATE_54M RATE_5M RATE_6M RATE_LORA_250K RATE_LORA_500K RTC_WAKE
SEC_WPA_ENT SLEEP_LIGHT SLEEP_MODEM SLEEP_NONE Socket VREF WLANWiPy WLAN_WAKE alarm bitstream_rmt csi_available
csi_disable csi_dropped csi_enable csi_read loop_count mem_backup set_native_code_location sleep_type wake_on_gpio
wake_pins
""".split())
#: A text with one of these says something: it is no list of names.
_PROSE = re.compile(r"""[:;,"'()<>={}\[\]]""")
#: What one who has an image before him asks for.
_ASKED = {"KEYS"}
#: What MicroPython's compiler takes for its own.
_COMPILED = {"const", "micropython", "viper", "native", "bytecode", "uint", "ptr", "ptr8", "ptr16", "ptr32"}
_WORD = re.compile(r"[A-Za-z_]\w*")


def lent(texts, others):
    """{name: the one that it gets} for the application {path: text}; others: texts of what runs it."""
    trees = [ast.parse(text) for text in texts.values()]
    stubs = _stubs()
    around = set().union(*(set(_kept(tree)) | _spoken(tree) for tree in map(ast.parse, others)))
    spoken = set().union(*map(_spoken, trees))
    taken = spoken | _libraries(trees) | {*dir(builtins), *keyword.kwlist, *_COMPILED}
    files = {part for path in texts for part in path.with_suffix("").parts}
    keywords = {node.arg for tree in trees for node in ast.walk(tree) if isinstance(node, ast.keyword)}  # to whomever
    foreign = taken.union(_ASKED, around, files, keywords, _exceptions(trees), *stubs.values())
    uses = {}
    for tree in trees:
        for name in _kept(tree):
            uses[name] = uses.get(name, 0) + 1
    own = set().union(*map(_defined, trees))
    # microdot asks for attributes by names that it puts together: something + "_handlers".
    ends = tuple(word for word in spoken if word.startswith("_") and not word.endswith("_"))
    wanted = [name for name in uses if name in own and name not in foreign and not name.endswith(ends)]
    taken = taken.union(around, *map(_all, trees))
    free = [name for module in _LENDERS for name in sorted(stubs[module], key=lambda name: (len(name), name))]
    free = [name for name in dict.fromkeys(free) if name not in taken]
    return dict(zip(sorted(wanted, key=lambda name: (-uses[name], name)), free))


def given(text, names):
    """A module's text with its names as in {name: the one that it gets}."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        for field in "id", "attr", "arg", "name", "asname":
            value = getattr(node, field, None)
            # What an import names as a module is a file.
            if isinstance(value, str) and not (isinstance(node, ast.alias) and "." in value):
                setattr(node, field, names.get(value, value))
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            node.names = [names.get(name, name) for name in node.names]
    return ast.unparse(tree) + "\n"


def known():
    """Names that the chip's image has, as far as its stubs tell."""
    return set().union(*_stubs().values())


def _stubs():
    """{module: public names} of the port's modules."""
    found = {}
    for file in importlib.metadata.files(STUBS):
        if file.suffix == ".pyi":
            tree = ast.parse(file.locate().read_text())
            names = found[file.with_suffix("").as_posix()] = set()
            for node in ast.walk(tree):
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                    names.add(node.name)
                elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                    names.add(node.target.id)
            names -= _ELSEWHERE.union(name for name in names if name.startswith("_"))
    return found


def _spoken(tree):
    """Words of texts that may be names of things."""
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            if not _PROSE.search(node.value):
                found.update(_WORD.findall(node.value))
    return found


def _libraries(trees):
    """What libraries' modules, and the classes in them, have; and the modules' names."""
    found = set()
    for tree in trees:
        for node in ast.walk(tree):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                names = [node.module]
            for name in names:
                found.update(name.split("."))
                root = name.split(".")[0]
                if root in ("han", "microdot"):
                    continue
                try:
                    module = importlib.import_module(root)
                except ImportError:
                    continue  # one of the port: its stubs tell
                for each in [module, *vars(module).values()]:
                    found.update(dir(each) if each is module or isinstance(each, type) else ())
    for kind in (int, str, bytes, bytearray, memoryview, list, dict, set, tuple, type(lambda: 0)):
        found.update(dir(kind))
    return found


def _exceptions(trees):
    """Classes whose names are shown: those of errors."""
    found = {"Exception"}
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    for _ in classes:
        found |= {node.name for node in classes if any(getattr(base, "id", None) in found for base in node.bases)}
    return found


def _kept(tree):
    """Names that the chip keeps: of attributes, functions, parameters, imports, and whatever is not local to one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, (ast.arg, ast.keyword)) and node.arg:
            yield node.arg
        elif isinstance(node, ast.alias):
            yield node.name
        if isinstance(node, (ast.Module, ast.ClassDef)):
            yield from bound_by(node.body)


def _defined(tree):
    """Names that are made here."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            found.add(node.attr)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        if isinstance(node, (ast.Module, ast.ClassDef)):
            found |= bound_by(node.body)
    return found


def _all(tree):
    for node in ast.walk(tree):
        for field in "id", "attr", "arg", "name", "asname":
            if isinstance(getattr(node, field, None), str):
                yield getattr(node, field)
