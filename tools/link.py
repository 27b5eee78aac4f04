"""Links modules that are always loaded together into one: on the chip each module costs half a kilobyte by itself.

A module that functions import, that nothing imports, or that a text of its package names with one of its functions
("history.serve", as the table of routes does), is a root: it is loaded when it is asked for, and keeps its name. All
that `han.app` imports at its top, and what that imports at its top, becomes part of han.app; any other module
becomes part of the root that alone has it at its top. What two of them share stays as it is.

Functions and values of what is linked have short names where nothing else has those names (`python -m tools.names
app _bc` reads them back); classes keep theirs. Imports become absolute, as the chip has those names in memory anyway.
"""

import ast

from tools import names
from tools.constants import path_of

FIRST = "han.app"  # always loaded, before whatever else asks for its parts


class Error(Exception):
    """What cannot be linked, with the module's name."""


def linked(sources):
    """{module: text} of {module: text}, where a package's own is `….__init__`."""
    trees = {module: ast.parse(text) for module, text in sources.items()}
    units, renamed = layout(trees)
    found = {}
    for root in trees:
        if units[root] == root:
            body, seen = [], set()
            for module in _ordered(root, trees, units):
                for node in _Linked(module, trees, units, renamed).visit(trees[module]).body:
                    key = ast.dump(node) if isinstance(node, _IMPORTS) else None
                    if key not in seen:
                        body.append(node)
                    seen.add(key)
                    seen.discard(None)
            found[root] = ast.unparse(ast.Module(body, [])) + "\n"
    return found


def layout(trees):
    """({module: the one that it becomes part of}, {(module, name): its name there}) of {module: tree}."""
    units = _units(trees)
    elsewhere = _elsewhere(trees)
    renamed = {}
    for root in sorted(trees, key=lambda module: module != FIRST):  # what the others import from comes first
        if units[root] == root:
            renamed.update(_renamed(_ordered(root, trees, units), trees, units, elsewhere, renamed))
    return units, renamed


_IMPORTS = (ast.Import, ast.ImportFrom, ast.Try)


def origin(module, node, alias, trees):
    """(module, name) that an import's alias is, (module, None) for a module itself; None for what is not ours."""
    path = path_of(module, node)
    for each in "%s.%s" % (path, alias.name), "%s.%s.__init__" % (path, alias.name):
        if each in trees:
            return each, None
    for each in path, path + ".__init__":
        if each in trees:
            return each, alias.name
    return None


def _imports(nodes):
    """Imports in statements, not those in functions."""
    for node in nodes:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node
        elif isinstance(node, ast.Try):
            yield from _imports(node.body)
            for handler in node.handlers:
                yield from _imports(handler.body)
        elif isinstance(node, ast.If):
            yield from _imports(node.body + node.orelse)


def _needs(module, trees, nodes):
    """Own modules that imports are about, in order."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                found = origin(module, node, alias, trees)
                if found:
                    yield found[0]


def _units(trees):
    """{module: the one that it becomes part of}, itself for a root."""
    top = {module: list(dict.fromkeys(_needs(module, trees, _imports(tree.body)))) for module, tree in trees.items()}
    importers = {module: {each for each in trees if module in top[each]} for module in trees}
    roots = {module for module in trees if not importers[module] or module.endswith("__init__")}
    for module, tree in trees.items():
        always = {id(node) for node in _imports(tree.body)}
        later = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and id(node) not in always]
        roots.update(_needs(module, trees, later))
        roots.update(_named(module, tree, trees))
        # A module that is asked for its name is one that others know by it.
        roots.update(_asked(module, tree, trees))
    loaded = {FIRST} & set(trees)
    todo = list(loaded)
    while todo:
        for each in top[todo.pop()]:
            if each not in loaded and not each.endswith("__init__"):
                loaded.add(each)
                todo.append(each)
    units = {module: FIRST for module in loaded}
    units.update({module: module for module in roots - loaded})
    while len(units) < len(trees):
        for module in trees:
            if module not in units and all(each in units for each in importers[module]):
                found = {units[each] for each in importers[module] - loaded}
                units[module] = found.pop() if len(found) == 1 else module
    return units


def _named(module, tree, trees):
    """Modules beside this one of which a text in it names a function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for word in node.value.split():
                name, _, function = word.partition(".")
                name = module.rpartition(".")[0] + "." + name
                if function and name in trees and function in names.bound_by(trees[name].body):
                    yield name


def _asked(module, tree, trees):
    aliases = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                found = origin(module, node, alias, trees)
                if found and found[1] is None:
                    aliases[alias.asname or alias.name] = found[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "__name__" and isinstance(node.value, ast.Name):
            if node.value.id in aliases:
                yield aliases[node.value.id]


def _ordered(root, trees, units):
    """Modules of a unit, each behind those that it imports."""
    found = []

    def add(module):
        if module not in found:
            for each in _needs(module, trees, _imports(trees[module].body)):
                if units[each] == root and each != root:
                    add(each)
            found.append(module)

    add(root)
    return found


def _elsewhere(trees):
    """Names that the chip has in memory in any case: attributes and methods."""
    found = set()
    for tree in trees.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                found.add(node.attr)
            elif isinstance(node, ast.ClassDef):
                found |= {getattr(part, "name", None) for part in node.body}
            elif isinstance(node, (ast.Import, ast.ImportFrom)) and not getattr(node, "level", 0):
                found |= {alias.asname or alias.name for alias in node.names}
    return found


def _renamed(members, trees, units, elsewhere, known):
    """{(module, name): its name in the unit} of what the unit's modules define and import; the root comes last.

    known: those of the units that they import from.
    """
    found, taken = {}, {}
    for module in members[::-1]:
        for name, (wanted, what) in _bindings(module, trees, units, known).items():
            keep = module == members[-1] or what or name in elsewhere or _is_class(trees[module], name)
            if keep and (wanted not in taken or what and taken[wanted] == what):
                found[module, name] = wanted
                taken[wanted] = what
            else:
                found[module, name] = None
    local = {name for module in members for name in _locals(trees[module])}
    pool = names.pool("_", set(taken) | local)
    return {key: name or next(pool) for key, name in found.items()}


def _is_class(tree, name):
    return any(isinstance(node, ast.ClassDef) and node.name == name for node in tree.body)


def _locals(tree):
    """Names bound in any function."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield from names.bound(node)


def _bindings(module, trees, units, known):
    """{name: (the name that it should have, what is imported, None for a definition)} of a module's top.

    What it takes of another unit's module that it has as a whole is there as `module.name`.
    """
    found = {}
    for node in trees[module].body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                name = alias.asname or alias.name
                own = origin(module, node, alias, trees) if isinstance(node, ast.ImportFrom) else None
                if not own:
                    found[name] = (name, (getattr(node, "module", None), alias.name))
                elif own[1] is None and units[own[0]] == own[0]:
                    found[name] = (name, own)
                elif units[own[0]] != units[module]:
                    for attribute in [own[1]] if own[1] else _attributes(name, trees[module]):
                        new = known.get((own[0], attribute), attribute)
                        found[name if own[1] else name + "." + attribute] = (new, (units[own[0]], new))
        else:
            what = ("", ast.dump(node)) if isinstance(node, ast.Try) else None
            found.update({name: (name, what) for name in sorted(names.bound_by([node]))})
    return found


def _attributes(alias, tree):
    """What a module takes of another that it knows by that name."""
    return list(dict.fromkeys(
        node.attr for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == alias
    ))  # fmt: skip


class _Linked(ast.NodeTransformer):
    """A module's tree with the names that things have where they are now."""

    def __init__(self, module, trees, units, renamed):
        self._module = module
        self._trees = trees
        self._units = units
        self._renamed = renamed
        self._names = {name: new for (owner, name), new in renamed.items() if owner == module}
        self._aliases = {}  # modules that are part of another now
        self._scopes = []  # of functions: ({name: new}, aliases)

    def visit_Module(self, node):
        for each in _imports(node.body):
            if isinstance(each, ast.ImportFrom):
                self._note(each, self._names, self._aliases)
        node.body = self._statements(node.body)
        return node

    def _note(self, node, known, aliases):
        """Take in what an import of this unit's things makes names stand for."""
        for alias in node.names:
            found = origin(self._module, node, alias, self._trees)
            name = alias.asname or alias.name
            if found and found[1] is None and self._units[found[0]] != found[0]:
                aliases[name] = found[0]
            elif found and found[1] is not None and self._mine(found[0]):
                known[name] = self._new(found)

    def _mine(self, module):
        return self._units[module] == self._units[self._module]

    def _new(self, found):
        """The name that a module's name has in its unit."""
        if found in self._renamed:
            return self._renamed[found]
        if found[0].endswith("__init__"):
            return found[1]
        raise Error("%s has no %s, which %s imports" % (found + (self._module,)))

    def _statements(self, nodes):
        found = []
        for node in nodes:
            each = self.visit(node)
            found += each if isinstance(each, list) else [each] if each else []
        return found

    def visit_ImportFrom(self, node):
        moved, kept = {}, []
        for alias in node.names:
            found = origin(self._module, node, alias, self._trees)
            name = alias.asname or alias.name
            if not found or found[1] is None and self._units[found[0]] == found[0]:
                kept.append(_alias(alias.name, self._local(name)))
            elif not self._mine(found[0]):
                taken = moved.setdefault(self._units[found[0]], [])
                if found[1] is not None:
                    taken.append(_alias(self._new(found), self._local(name)))
                else:
                    for attribute in _attributes(name, self._trees[self._module]):
                        new = self._new((found[0], attribute))
                        taken.append(_alias(new, new if self._scopes else self._names[name + "." + attribute]))
        result = [ast.ImportFrom(_dotted(root), aliases, 0) for root, aliases in moved.items()]
        if kept:
            result.append(ast.ImportFrom(_dotted(path_of(self._module, node)), kept, 0))
        return result or (ast.Pass() if self._scopes else None)

    def visit_Import(self, node):
        node.names = [_alias(alias.name, self._local(alias.asname or alias.name)) for alias in node.names]
        return node

    def _local(self, name):
        return name if self._scopes else self._names.get(name, name)

    def visit_Attribute(self, node):
        if isinstance(node.value, ast.Name):
            name = node.value.id
            for known, aliases in reversed([(self._names, self._aliases)] + self._scopes):
                if name in aliases:
                    key = name + "." + node.attr
                    new = self._names[key] if key in self._names else self._new((aliases[name], node.attr))
                    return ast.Name(new, node.ctx)
                if name in known:
                    break
        self.generic_visit(node)
        return node

    def visit_Name(self, node):
        for known, aliases in reversed([(self._names, self._aliases)] + self._scopes):
            if node.id in aliases:
                raise Error("%s uses the module %s as a value" % (self._module, node.id))
            if node.id in known:
                node.id = known[node.id]
                break
        return node

    def visit_Global(self, node):
        node.names = [self._names.get(name, name) for name in node.names]
        return node

    def visit_ClassDef(self, node):
        node.bases = [self.visit(base) for base in node.bases]
        node.decorator_list = [self.visit(each) for each in node.decorator_list]
        hidden = {name: name for name in names.bound_by(node.body)}
        body = []
        for part in node.body:
            if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef)):
                body.append(self._function(part))  # which does not see the class's names
            else:
                self._scopes.append((hidden, {}))
                body.append(self.visit(part))
                self._scopes.pop()
        node.body = body
        node.name = self._local(node.name)
        return node

    def _named(self, node):
        node.name = self._local(node.name)
        return self._function(node)

    visit_FunctionDef = _named
    visit_AsyncFunctionDef = _named

    def _function(self, node):
        arguments = node.args
        arguments.defaults = [self.visit(default) for default in arguments.defaults]
        node.decorator_list = [self.visit(each) for each in getattr(node, "decorator_list", [])]
        known, aliases = {name: name for name in names.bound(node)}, {}
        for each in _inner(node):
            self._note(each, known, aliases)
        self._scopes.append((known, aliases))
        node.body = self._statements(node.body) if isinstance(node.body, list) else self.visit(node.body)
        self._scopes.pop()
        return node

    visit_Lambda = _function


def _inner(function):
    """Imports in a function's own body."""
    todo = list(function.body) if isinstance(function.body, list) else []
    while todo:
        node = todo.pop()
        if isinstance(node, ast.ImportFrom):
            yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            todo += ast.iter_child_nodes(node)


def _alias(name, local):
    return ast.alias(name, local if local != name else None)


def _dotted(module):
    return module.removesuffix(".__init__")
