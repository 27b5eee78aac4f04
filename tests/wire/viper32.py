"""viper code as the chip computes it: every value a signed word of 32 bits that wraps.

The unix port's words have 64 bits, so what overflows on the chip alone would pass there. A viper function is
compiled here as ordinary Python in which each result of an operator is wrapped; pointers load and store as the
chip's do, and refuse what lies outside of the buffer.
"""

import ast
import importlib
import pathlib
import sys
import types


def wrap(number):
    """The number that a register of 32 bits makes of it."""
    return (number + 0x80000000 & 0xFFFFFFFF) - 0x80000000


# Buffers that pointers were made of, each at 1 MB times its number here: as many as a test holds at a time, none at 0.
_memory = [memoryview(b"")]
_PAGES = 256


class _Pointer:
    """Made of a buffer, or of an address: the int() of another pointer plus or minus some bytes."""

    made = 0

    def __init__(self, buf, size):
        self._size = size
        if isinstance(buf, int):
            self._page = buf + (1 << 19) >> 20
            self._start = buf - (self._page << 20)
        else:
            view = memoryview(buf)
            self._page = _Pointer.made % _PAGES + 1
            self._start = 0
            _Pointer.made += 1
            _memory[self._page : self._page + 1] = [view.cast("B") if view.nbytes else view]
        self._view = _memory[self._page]

    def __int__(self):
        return (self._page << 20) + self._start

    def _at(self, index):
        start = self._start + index * self._size
        assert 0 <= start <= self._view.nbytes - self._size, "index %d is outside" % index
        assert not start % self._size, "a word at %d, where the chip has none" % start
        return start

    def __getitem__(self, index):
        start = self._at(index)
        word = int.from_bytes(self._view[start : start + self._size], "little")
        return wrap(word) if self._size == 4 else word

    def __setitem__(self, index, value):
        start = self._at(index)
        self._view[start : start + self._size] = (value & (1 << 8 * self._size) - 1).to_bytes(self._size, "little")


class _Wrapped(ast.NodeTransformer):
    """`a op b` becomes `wrap(a op b)`, also where it is assigned at once."""

    def visit_BinOp(self, node):
        self.generic_visit(node)
        return ast.copy_location(_call("wrap", node), node)

    def visit_AugAssign(self, node):
        self.generic_visit(node)
        read = ast.parse(ast.unparse(node.target), mode="eval").body
        whole = _call("wrap", ast.BinOp(read, node.op, node.value))
        return ast.copy_location(ast.Assign([node.target], whole), node)

    def visit_Constant(self, node):
        # Beyond, mpy-cross makes an object of it, which viper cannot count with.
        assert not isinstance(node.value, int) or -(1 << 30) <= node.value < 1 << 30, node.value
        return node


def _call(name, argument):
    return ast.Call(ast.Name(name, ast.Load()), [argument], [])


def load(path, package, name):
    """The module at `path` with its viper functions made of 32-bit words, known as package.name."""
    tree = ast.parse(pathlib.Path(path).read_text())
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            _Wrapped().visit(node)
            node.decorator_list = []
            for argument in reversed(node.args.args):
                if ast.unparse(argument.annotation or ast.Constant(0)).startswith("ptr"):
                    pointer = _call(argument.annotation.id, ast.Name(argument.arg, ast.Load()))
                    node.body.insert(0, ast.Assign([ast.Name(argument.arg, ast.Store())], pointer))
                argument.annotation = None
    tree.body = [node for node in tree.body if not _imports_micropython(node)]
    module = types.ModuleType(package + "." + name)
    module.__package__ = package
    module.wrap = wrap
    module.const = lambda number: number
    for size in (1, 2, 4):
        module.__dict__["ptr%d" % (8 * size)] = lambda buf, size=size: _Pointer(buf, size)
    exec(compile(ast.fix_missing_locations(tree), str(path), "exec"), module.__dict__)
    sys.modules[module.__name__] = module
    setattr(importlib.import_module(package), name, module)
    return module


def _imports_micropython(node):
    if isinstance(node, ast.Import):
        return node.names[0].name == "micropython"
    return isinstance(node, ast.ImportFrom) and node.module == "micropython"
