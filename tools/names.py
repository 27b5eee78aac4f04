"""Shorter names for what only the code itself calls by name: each name that is its own costs the chip memory.

Public functions, methods and classes keep theirs. What changes, everywhere the same way:

- parameters without a default, which nobody gives by keyword: a, b, c …
- private attributes, methods, functions and a module's private values: _a, _b, _c …, the same few in all modules

`python -m tools.names app INT16` tells what a traceback's `File "app", in INT16` was, see tools.loans.

An attribute is private to the modules that belong together: those whose classes inherit from each other's.
"""

import ast
import string
import sys


def short(sources):
    """{module: text} of the application with shorter names, of {module: text}; a module is its dotted name."""
    trees = {module: ast.parse(text) for module, text in sources.items()}
    keywords = {node.arg for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.keyword)}
    families = _families(trees)
    values = {module: _values(tree) for module, tree in trees.items()}
    imported = {
        alias.name for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }  # fmt: skip
    kept = {name for tree in trees.values() for name in _defined(tree) if not _private(name)}
    own = {}  # family: attributes of its objects
    for module, tree in trees.items():
        own.setdefault(families[module], set()).update(_attributes(tree, True))
    for module, tree in trees.items():  # and what is read of others' objects
        kept |= _attributes(tree, False) - own[families[module]]
    for family in set(families.values()):
        members = [module for module in trees if families[module] == family]
        counted = {}
        for module in members:
            for name in _attributes(trees[module], True):
                if name not in kept:
                    counted[name] = counted.get(name, 0) + 1
        attributes = dict(zip(sorted(counted, key=lambda name: (-counted[name], name)), pool("_", kept)))
        for module in members:
            private = sorted(values[module] - imported - kept)
            taken = kept | values[module]
            _Renamed(attributes, dict(zip(private, pool("_", taken))), keywords).visit(trees[module])
    return {module: ast.unparse(tree) + "\n" for module, tree in trees.items()}


def functions(before, after):
    """[(function before, after)] of a module's text and what short() makes of it."""
    return list(zip(_defined(ast.parse(before)), _defined(ast.parse(after))))


def pool(before, taken):
    """Short names that are free: before and one or two letters."""
    letters = string.ascii_lowercase
    for size in range(1, 3):
        for i in range(len(letters) ** size):
            name = before + "".join(letters[i // len(letters) ** k % len(letters)] for k in range(size))
            if name not in taken:
                yield name


def _private(name):
    return name.startswith("_") and not name.startswith("__")


def _families(trees):
    """{module: one module of its family}: families share the attributes of objects."""
    family = {module: module for module in trees}

    def head(module):
        while family[module] != module:
            module = family[module]
        return module

    for module, tree in trees.items():
        bases = {name.id for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for base in node.bases
                 for name in ast.walk(base) if isinstance(name, ast.Name)}  # fmt: skip
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                package = module.rsplit(".", node.level)[0] if node.level else ""
                path = ".".join(part for part in (package, node.module) if part)
                for alias in node.names:
                    if (alias.asname or alias.name) in bases:
                        found = path + "." + alias.name  # a module, whose class is the base
                        found = found if found in trees else path
                        if found in family:
                            family[head(found)] = head(module)
    return {module: head(module) for module in trees}


def _attributes(tree, own):
    """Private attributes: those that a module gives its own objects, or all that it uses."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            mine = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
            if mine or not own:
                found.add(node.attr)
        elif isinstance(node, ast.ClassDef):
            found |= set().union(*(_targets(part) for part in node.body))
            found |= {part.name for part in node.body if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef))}
    return {name for name in found if _private(name)}


def _targets(node):
    if isinstance(node, ast.Assign):
        return {name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)}
    return set()


def _values(tree):
    """A module's private names that are not given by const(), which cost nothing."""
    found = set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and _private(node.name):
            found.add(node.name)
        call = node.value if isinstance(node, ast.Assign) else None
        if not (isinstance(call, ast.Call) and ast.unparse(call.func) == "const"):
            found |= {name for name in _targets(node) if _private(name) and len(name) > 1}
    return found


def _defined(tree):
    kinds = ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef
    return [node.name for node in ast.walk(tree) if isinstance(node, kinds)]


class _Renamed(ast.NodeTransformer):
    def __init__(self, attributes, values, keywords):
        self._attributes = attributes
        self._scopes = [values]
        self._keywords = keywords

    def visit_Attribute(self, node):
        self.generic_visit(node)
        node.attr = self._attributes.get(node.attr, node.attr)
        return node

    def visit_Name(self, node):
        for scope in reversed(self._scopes):
            if node.id in scope:
                node.id = scope[node.id]
                break
        return node

    def visit_Global(self, node):
        node.names = [self._scopes[0].get(name, name) for name in node.names]
        return node

    def visit_Nonlocal(self, node):
        node.names = [next((s[name] for s in reversed(self._scopes[1:]) if name in s), name) for name in node.names]
        return node

    def visit_ClassDef(self, node):
        node.bases = [self.visit(base) for base in node.bases]
        body = []
        for part in node.body:
            if isinstance(part, ast.Assign):  # of attributes
                part.value = self.visit(part.value)
                for target in part.targets:
                    for name in ast.walk(target):
                        if isinstance(name, ast.Name):
                            name.id = self._attributes.get(name.id, name.id)
                body.append(part)
            else:
                part = self.visit(part)
                if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    part.name = self._attributes.get(part.name, part.name)
                body.append(part)
        node.body = body
        if len(self._scopes) == 1:
            node.name = self._scopes[0].get(node.name, node.name)
        return node

    def visit_Module(self, node):
        node.body = [self.visit(part) for part in node.body]
        for part in node.body:
            if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef)):
                part.name = self._scopes[0].get(part.name, part.name)
        return node

    def _function(self, node):
        used = {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}
        used |= {argument.arg for argument in ast.walk(node) if isinstance(argument, ast.arg)}
        used |= {name for scope in self._scopes for name in scope.values()}
        arguments = node.args
        plain = arguments.args[: len(arguments.args) - len(arguments.defaults)]
        free = pool("", used | self._keywords)
        scope = {name: name for name in bound(node)}  # a local name hides what is outside
        for argument in plain:
            if argument.arg != "self" and argument.arg not in self._keywords:
                scope[argument.arg] = next(free)
        for argument in arguments.args:
            argument.arg = scope.get(argument.arg, argument.arg)
            if argument.annotation:
                argument.annotation = self.visit(argument.annotation)
        arguments.defaults = [self.visit(default) for default in arguments.defaults]
        for name in getattr(node, "decorator_list", []):
            self.visit(name)
        self._scopes.append(scope)
        if isinstance(node.body, list):
            node.body = [self.visit(part) for part in node.body]
        else:
            node.body = self.visit(node.body)
        self._scopes.pop()
        return node

    visit_FunctionDef = _function
    visit_AsyncFunctionDef = _function
    visit_Lambda = _function


def bound(function):
    """Names that are local to a function: its arguments and all that it assigns, those of functions in it apart."""
    arguments = function.args
    names = {argument.arg for argument in arguments.args + arguments.kwonlyargs}
    names |= {argument.arg for argument in (arguments.vararg, arguments.kwarg) if argument}
    return names | bound_by(function.body if isinstance(function.body, list) else [function.body])


def bound_by(nodes):
    """Names that statements of one scope bind, but not those that they declare to be of another."""
    names, outside = set(), set()
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
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            outside |= set(node.names)
        todo += ast.iter_child_nodes(node)
    return names - outside


def main(module, name):
    """Print what functions of a staged module, whichever package it is in, have the name that a traceback shows.

    Those that were called in one place only are part of the function that called them (tools.inline).
    """
    from tools import link, stage

    found = stage.sources()
    name = {lent: own for own, lent in stage.lent(found).items()}.get(name, name)
    sources = stage.application(found)
    shorter = short(sources)
    units, renamed = link.layout({each: ast.parse(text) for each, text in shorter.items()})
    for each, unit in units.items():
        if unit.removesuffix(".__init__").rpartition(".")[2] == module:
            for before, after in functions(sources[each], shorter[each]):
                if renamed.get((each, after), after) == name:
                    print("%s: %s" % (each, before))


if __name__ == "__main__":
    main(*sys.argv[1:])
