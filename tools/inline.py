"""Puts functions that are called in one place into that place: on the chip one of its own costs 70 bytes of memory.

What is taken: a module's function, or a private method called by `self`, that is used once, and there called, and is
neither generator nor decorated; tools.splice says where that can be done. Whatever else there is stays a call.
"""

import ast

from tools import splice
from tools.names import bound_by

_KINDS = (ast.FunctionDef, ast.AsyncFunctionDef)


def inlined(sources, private=False):
    """{module: text} of {module: text}. private: functions that are public stay, as tests call them."""
    trees = {module: ast.parse(text) for module, text in sources.items()}
    # What others may know a module's functions by.
    known = {alias.name for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
             for alias in node.names}  # fmt: skip
    known |= {node.value for tree in trees.values() for node in ast.walk(tree)
              if isinstance(node, ast.Constant) and isinstance(node.value, str)}  # fmt: skip
    for tree in trees.values():
        _functions(tree, known, private)
    foreign = {id(tree): [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and not _by_self(node)]
               for tree in trees.values()}  # fmt: skip
    for members in _families(trees):
        _methods(members, foreign)
    return {module: ast.unparse(ast.fix_missing_locations(tree)) + "\n" for module, tree in trees.items()}


def _functions(tree, known, private):
    uses = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            uses.setdefault(node.id, []).append(node)
        elif isinstance(node, ast.Attribute):
            uses.setdefault(node.attr, []).append(node)
    homes = _homes([part for part in ast.walk(tree) if isinstance(part, _KINDS)])
    for function in [part for part in tree.body if isinstance(part, _KINDS)]:
        if function.name not in known and (function.name.startswith("_") or not private):
            _put(function, tree, uses.get(function.name, []), homes)


def _by_self(attribute):
    return isinstance(attribute.value, ast.Name) and attribute.value.id == "self"


def _methods(members, foreign):
    """members: [(tree, class)] that share their attributes. foreign: {id of a tree: what is not asked of self}."""
    own = [node for _, each in members for node in ast.walk(each)]
    uses, defined = {}, {}
    for node in own:
        if isinstance(node, ast.Attribute) and _by_self(node):
            uses.setdefault(node.attr, []).append(node)
    for tree in {id(tree) for tree, _ in members}:
        for node in foreign[tree]:
            uses.setdefault(node.attr, []).append(node)
    for _, each in members:
        for part in each.body:
            for name in [part.name] if isinstance(part, _KINDS) else bound_by([part]):
                defined[name] = defined.get(name, 0) + 1
    homes = _homes([node for node in own if isinstance(node, _KINDS)])
    for _, each in members:
        for function in [part for part in each.body if isinstance(part, _KINDS)]:
            if function.name.startswith("_") and function.name[:2] != "__" and defined[function.name] == 1:
                _put(function, each, uses.get(function.name, []), homes)


def _homes(functions):
    """{id of a node: the innermost function that it is in}."""
    found = {}
    for function in functions:
        found.update((id(node), function) for node in ast.walk(function) if node is not function)
    for function in functions:  # those in others come last, as theirs is the last word
        if id(function) in found:
            found.update((id(node), function) for node in ast.walk(function) if node is not function)
    return found


def _put(function, owner, uses, homes):
    """Put a function of a module or class into the only place that uses it, if there it can be."""
    if len(uses) != 1 or id(uses[0]) not in homes:
        return
    caller = homes[id(uses[0])]
    if caller is not function and splice.into(function, caller, uses[0]):
        owner.body.remove(function)
        if not owner.body:
            owner.body.append(ast.Pass())
        homes.update((id(node), caller) for node in ast.walk(function) if homes.get(id(node)) is function)


def _families(trees):
    """[[(tree, class)]]: classes that inherit from each other, by their names."""
    classes = [(tree, part) for tree in trees.values() for part in ast.walk(tree) if isinstance(part, ast.ClassDef)]
    head = {part.name: part.name for _, part in classes}

    def top(name):
        while head[name] != name:
            name = head[name]
        return name

    aliases = {id(tree): {alias.asname: alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
                          for alias in node.names if alias.asname} for tree in trees.values()}  # fmt: skip
    for tree, part in classes:
        for base in part.bases:
            name = getattr(base, "attr", None) or getattr(base, "id", "")
            name = aliases[id(tree)].get(name, name)
            if name in head:
                head[top(name)] = top(part.name)
    found = {}
    for tree, part in classes:
        found.setdefault(top(part.name), []).append((tree, part))
    return list(found.values())
