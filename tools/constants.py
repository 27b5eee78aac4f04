"""Puts constants where they are used: on the chip each global name costs memory, its value in the code hardly any.

A constant is a module's name in capitals that is bound once, at the module's top, to a number, text, bytes or a
tuple of those, told by literals, other constants, or the few functions of _CALLS. Private ones are put in place in
their own module. Public ones too, and wherever they are imported, but only small values; longer ones are shared.
"""

import ast
import re
import struct

_NAME = re.compile(r"_?[A-Z][A-Z0-9_]*$")
_CALLS = {
    "bytes": bytes, "range": range, "tuple": tuple, "const": lambda number: number, "struct.calcsize": struct.calcsize,
}  # fmt: skip
_LONGEST = 16  # of a public text
_SMALL = 1 << 30  # the chip's integers are objects from there on


def inlined(sources, keep=False):
    """{module: text} with its constants in place, of {module: text}; a module is its dotted name, `….__init__` too.

    keep: public constants stay defined, for tests that import them.
    """
    trees = {module: ast.parse(text) for module, text in sources.items()}
    for tree in trees.values():
        tree.body = [part for node in tree.body for part in _split(node)]
    known = {module: {} for module in trees}  # {name: value} of what a module defines
    seen = {module: {} for module in trees}  # and of what it imports, by the name it has there
    modules = {module: _modules(module, tree, trees) for module, tree in trees.items()}
    more = True
    while more:
        more = False
        for module, tree in trees.items():
            scope = {**seen[module], **known[module]}
            bound = _bound(tree)
            for node in tree.body:
                found = _definition(node)
                if found and found[0] not in known[module] and bound[found[0]] == 1:
                    value = _value(found[1], scope)
                    if value is not None and _fits(found[0], value):
                        known[module][found[0]] = scope[found[0]] = value
                        more = True
            for node in ast.walk(tree):
                if isinstance(node, ast.ImportFrom):
                    origin = known.get(path_of(module, node), {})
                    for alias in node.names:
                        name = alias.asname or alias.name
                        if alias.name in origin and name not in seen[module] and bound[name] == 1:
                            seen[module][name] = origin[alias.name]
                            more = True
    for module, tree in trees.items():
        values = {**seen[module], **known[module]}
        _Placed(values, {alias: known[path] for alias, path in modules[module].items()}).visit(tree)
    wanted = {(path_of(module, node), alias.name) for module, tree in trees.items() for node in ast.walk(tree)
              if isinstance(node, ast.ImportFrom) for alias in node.names}  # fmt: skip
    for module, tree in trees.items():
        gone = {name for name in known[module] if name.startswith("_") or not keep}
        gone -= {name for name in gone if (module.removesuffix(".__init__"), name) in wanted}
        tree.body = [node for node in tree.body if not (_definition(node) and _definition(node)[0] in gone)]
        if not any(isinstance(node, ast.Name) and node.id == "const" for node in ast.walk(tree)):
            tree.body = [node for node in tree.body if not _brings_const(node)]
    return {module: ast.unparse(tree) + "\n" for module, tree in trees.items()}


def _split(node):
    """`A, B = 1, 2` and `A, B = range(2)` as assignments of one name each."""
    if not isinstance(node, ast.Assign) or len(node.targets) != 1 or not isinstance(node.targets[0], ast.Tuple):
        return [node]
    names = node.targets[0].elts
    if not all(isinstance(name, ast.Name) and _NAME.match(name.id) for name in names):
        return [node]
    values = getattr(node.value, "elts", None)
    if values is None:
        value = _value(node.value, {})
        values = [ast.Constant(each) for each in value] if value is not None else ()
    if len(values) != len(names):
        return [node]
    return [ast.copy_location(ast.Assign([name], value), node) for name, value in zip(names, values)]


def _definition(node):
    """(name, value's expression) of a statement that may define a constant, else None."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        if _NAME.match(node.targets[0].id):
            return node.targets[0].id, node.value
    return None


def _value(node, scope):
    """What a constant's expression gives, None for one that is no constant."""
    for name in ast.walk(node):
        if isinstance(name, ast.Name) and name.id not in scope and name.id not in _CALLS and name.id != "struct":
            return None
        if isinstance(name, (ast.Call, ast.Starred)) and not (
            isinstance(name, ast.Call) and ast.unparse(name.func) in _CALLS and not name.keywords
        ):
            return None
        if not isinstance(name, _PARTS):
            return None
    space = {name.partition(".")[0]: call for name, call in _CALLS.items()}
    space["struct"] = struct
    value = eval(ast.unparse(node), {"__builtins__": {}}, {**space, **scope})
    return tuple(value) if isinstance(value, range) else value


_PARTS = (
    ast.Constant, ast.Name, ast.Tuple, ast.Call, ast.Attribute, ast.BinOp, ast.UnaryOp, ast.expr_context, ast.operator,
    ast.unaryop,
)  # fmt: skip


def _fits(name, value):
    kinds = [type(value)] + [type(each) for each in value] if isinstance(value, tuple) else [type(value)]
    if any(kind not in (int, bool, str, bytes, tuple) for kind in kinds):
        return False
    if type(value) is int:
        return abs(value) < _SMALL
    if name.startswith("_"):
        return True
    if isinstance(value, tuple):
        return len(value) <= 4 and all(kind is int for kind in kinds[1:])
    return isinstance(value, str) and len(value) <= _LONGEST


def _bound(tree):
    """{name: how often it is bound or declared anywhere in a module}."""
    found = {}
    attributes = {id(target) for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for part in node.body
                  if isinstance(part, ast.Assign) for target in part.targets}  # fmt: skip
    for node in ast.walk(tree):
        names = ()
        if id(node) in attributes:
            continue
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names = (node.id,)
        elif isinstance(node, ast.arg):
            names = (node.arg,)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            names = node.names
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [alias.asname or alias.name for alias in node.names]
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names = (node.name,)
        for name in names:
            found[name] = found.get(name, 0) + 1
    return found


def path_of(module, node):
    """Dotted name of the module that `from … import` is about."""
    if not node.level:
        return node.module
    parts = module.split(".")[: -node.level]
    return ".".join(parts + ([node.module] if node.module else []))


def _modules(module, tree, trees):
    """{name: module} of the modules that a module imports under a name."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                path = "%s.%s" % (path_of(module, node), alias.name)
                if path in trees:
                    found[alias.asname or alias.name] = path
    return found


def _brings_const(node):
    """True for an import of const, or a try around it."""
    part = node.body[0] if isinstance(node, ast.Try) else node
    return isinstance(part, ast.ImportFrom) and [alias.name for alias in part.names] == ["const"]


class _Placed(ast.NodeTransformer):
    def __init__(self, values, modules):
        self._values = values
        self._modules = modules

    def visit_ImportFrom(self, node):
        node.names = [alias for alias in node.names if (alias.asname or alias.name) not in self._values]
        return node if node.names else None

    def visit_Name(self, node):
        if isinstance(node.ctx, ast.Load) and node.id in self._values:
            return _literal(self._values[node.id])
        return node

    def visit_Attribute(self, node):
        if isinstance(node.value, ast.Name) and isinstance(node.ctx, ast.Load):
            constants = self._modules.get(node.value.id, {})
            if node.attr in constants:
                return _literal(constants[node.attr])
        self.generic_visit(node)
        return node


def _literal(value):
    return ast.parse(repr(value), mode="eval").body
