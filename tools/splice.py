"""Puts the statements of one function where another calls it, without a change to what happens."""

import ast
import copy

from tools.names import bound, bound_by

_KINDS = (ast.FunctionDef, ast.AsyncFunctionDef)
_OWN = _KINDS + (ast.Lambda, ast.ClassDef, ast.Yield, ast.YieldFrom, ast.Global, ast.Nonlocal)
_LOOPS = (ast.For, ast.While)
_SCOPES = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def into(function, caller, use):
    """Put a function's code in the place of its call by the name or attribute `use`; whether that was possible."""
    parents = {child: node for node in ast.walk(caller) for child in ast.iter_child_nodes(node)}
    call = parents.get(use)
    if not isinstance(call, ast.Call) or call.func is not use or not _simple(function) or _native(caller):
        return False
    site = call
    if isinstance(function, ast.AsyncFunctionDef):
        site = parents[call]
        if not isinstance(site, ast.Await):
            return False
    given = _given(function, call, isinstance(use, ast.Attribute))
    free = _names(function) - bound(function)
    if given is None or free & bound(caller):
        return False
    known = bound(caller) | {"self"}
    return _expression(function, given, site, parents, known) or _statements(
        function, caller, given, site, parents, known
    )


def _names(node):
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _simple(function):
    """Whether a function is nothing but statements that could be anywhere."""
    arguments = function.args
    return not (
        function.decorator_list or arguments.vararg or arguments.kwarg or arguments.kwonlyargs
        or any(isinstance(node, _OWN) for part in function.body for node in ast.walk(part))
        or "super" in _names(function)
    )  # fmt: skip


def _native(caller):
    return any("micropython" in ast.unparse(each) for each in caller.decorator_list)


def _given(function, call, method):
    """{parameter: expression} of a call, in the call's order; None where it does not tell."""
    arguments = function.args
    wanted = [each.arg for each in arguments.args]
    given = {}
    if method:
        given[wanted.pop(0)] = ast.Name("self", ast.Load())
    if any(isinstance(each, ast.Starred) for each in call.args) or len(call.args) > len(wanted):
        return None
    given.update(zip(wanted, call.args))
    for keyword in call.keywords:
        if keyword.arg not in wanted or keyword.arg in given:
            return None
        given[keyword.arg] = keyword.value
    for argument, default in zip(arguments.args[len(arguments.args) - len(arguments.defaults) :], arguments.defaults):
        if not isinstance(default, ast.Constant):
            return None
        given.setdefault(argument.arg, default)
    return given if len(given) == len(arguments.args) else None


def _body(function):
    """Statements without the docstring."""
    first = function.body[0]
    text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return function.body[1:] if text else function.body[:]


def _expression(function, given, site, parents, known):
    """Put `return …` in place of the call itself."""
    body = _body(function)
    if len(body) != 1 or not isinstance(body[0], ast.Return) or not body[0].value or bound_by(body):
        return False
    uses = [node.id for node in ast.walk(body[0]) if isinstance(node, ast.Name)]
    for name, value in given.items():
        if not isinstance(value, ast.Constant) and not (isinstance(value, ast.Name) and (
                value.id in known or uses.count(name) == 1)):  # fmt: skip
            return False
    if isinstance(site, ast.Await) and any(isinstance(each, _SCOPES) for each in _above(site, parents)):
        return False
    _replace(parents[site], site, [_Given(given, {}).visit(body[0].value)])
    return True


def _above(node, parents):
    """What an expression is part of, up to its statement, which is the last."""
    while not isinstance(node, ast.stmt):
        node = parents[node]
        yield node


def _statements(function, caller, given, site, parents, known):
    """Put the function's statements in front of the one that calls it, or in its place."""
    body = _body(function)
    if not body:
        body = [ast.Return(None)]
    if any(isinstance(node, (ast.Import, ast.ImportFrom)) for part in body for node in ast.walk(part)):
        return False  # what it loads would stay as long as the caller runs
    *between, statement = _above(site, parents)
    if any(isinstance(each, _SCOPES) for each in between) or not _first(statement, site, parents):
        return False
    free = _names(function) - bound(function)
    taken = _names(caller) | bound(caller) | free
    stored = bound_by(body)
    straight, renamed = {}, {}
    for name in sorted(bound(function)):
        value = given.get(name)
        if name not in stored and (
            isinstance(value, ast.Constant) or isinstance(value, ast.Name) and value.id in known
        ):
            straight[name] = value
        else:
            renamed[name] = _fresh(name, taken)
    returned = isinstance(statement, ast.Return) and statement.value is site
    if not returned and _paths(copy.deepcopy(body), None) is None:
        return False
    body = [_Given(straight, renamed).visit(part) for part in body]
    code = [
        ast.Assign([ast.Name(renamed[name], ast.Store())], value) for name, value in given.items() if name in renamed
    ]
    target = None
    if returned:
        code += body
        if not isinstance(code[-1], (ast.Return, ast.Raise)):
            code.append(ast.Return(None))
    else:
        if isinstance(statement, ast.Assign) and statement.value is site and len(statement.targets) == 1:
            target = statement.targets[0]
        elif not (isinstance(statement, ast.Expr) and statement.value is site):
            target = ast.Name(_fresh("r", taken), ast.Store())
        code += _paths(body, target)
        if isinstance(caller, ast.AsyncFunctionDef) and renamed:  # which may wait for long, and would hold all that
            code.append(ast.Assign([ast.Name(name, ast.Store()) for name in renamed.values()], ast.Constant(None)))
        if isinstance(target, ast.Name) and (not isinstance(statement, ast.Assign) or statement.value is not site):
            _replace(parents[site], site, [ast.Name(target.id, ast.Load())])
            code.append(statement)
    _replace(parents[statement], statement, code or [ast.Pass()])
    return True


def _first(statement, site, parents):
    """Whether a call is what a statement does first, so that it may as well be done before."""
    if isinstance(statement, ast.AugAssign) and not isinstance(statement.target, ast.Name):
        return False
    node = site
    while node is not statement:
        above = parents[node]
        if isinstance(above, (ast.Dict, ast.JoinedStr, ast.NamedExpr)):
            return False
        parts = list(ast.iter_child_nodes(above))
        if isinstance(above, ast.stmt):
            parts = [getattr(above, name, None) for name in ("value", "test", "iter", "exc")]
            if not any(node is part for part in parts) or isinstance(above, (ast.While, ast.AsyncFor, ast.AnnAssign)):
                return False
            return True
        before = parts[: parts.index(node)]
        if before and isinstance(above, (ast.BoolOp, ast.IfExp)):
            before = [each for each in before if not isinstance(each, ast.boolop)]
            if before:
                return False
        if before and isinstance(above, ast.Compare) and node is not above.comparators[0]:
            return False
        for each in before:
            function = isinstance(above, ast.Call) and each is above.func and _chain(each)
            if not (function or isinstance(each, (ast.Name, ast.Constant, ast.operator, ast.unaryop, ast.cmpop))):
                return False
        node = above
    return True


def _chain(node):
    """Whether a node is a name or an attribute of one, and so on."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def _falls(body):
    """Whether statements may come to their end."""
    last = body[-1] if body else None
    if isinstance(last, ast.If):
        return _falls(last.body) or _falls(last.orelse)
    return not isinstance(last, (ast.Return, ast.Raise))


def _paths(body, target):
    """Statements that give a target what the body returns, and come to their end; None where that cannot be."""
    done = []
    for i, statement in enumerate(body):
        rest = body[i + 1 :]
        if isinstance(statement, ast.Return):
            return done + _assigned(target, statement.value)
        if not any(isinstance(node, ast.Return) for node in ast.walk(statement)):
            done.append(statement)
            continue
        if isinstance(statement, ast.If):
            falls = _falls(statement.body), _falls(statement.orelse)
            if rest and all(falls):
                return None  # both ways lead on
            ways = [_paths(part + (rest if more else []), target)
                    for part, more in zip((statement.body, statement.orelse), falls)]  # fmt: skip
            if None in ways:
                return None
            return done + _chosen(statement.test, *ways)
        if isinstance(statement, _LOOPS):
            after = _paths(rest, target)
            if statement.orelse or after is None or not _Leaving(target).leaves(statement):
                return None
            statement.orelse = after
            return done + [statement]
        if not isinstance(statement, ast.Try) or statement.orelse or statement.finalbody:
            return None
        ways = [_paths(handler.body, target) for handler in statement.handlers]
        inside = any(isinstance(node, ast.Return) for part in statement.body for node in ast.walk(part))
        if rest and (inside or any(_falls(handler.body) for handler in statement.handlers)):
            return None
        tried = _paths(statement.body, target) if inside or not rest else statement.body
        after = _paths(rest, target) if rest else []
        if None in ways or tried is None or after is None:
            return None
        for handler, way in zip(statement.handlers, ways):
            handler.body = way or [ast.Pass()]
        statement.body, statement.orelse = tried or [ast.Pass()], after
        return done + [statement]
    return done + (_assigned(target, None) if _falls(body) else [])


class _Leaving(ast.NodeTransformer):
    """`return` in a loop as an assignment and `break`, so that the loop's `else` is what comes after it."""

    def __init__(self, target):
        self._target = target

    def leaves(self, loop):
        """Change the loop, unless it has loops of its own that return, or ends with `break` already."""
        todo = list(loop.body)
        while todo:
            node = todo.pop()
            if isinstance(node, ast.Break):
                return False
            if not isinstance(node, _LOOPS):
                todo += ast.iter_child_nodes(node)
            elif any(isinstance(each, ast.Return) for each in ast.walk(node)):
                return False
        loop.body = [each for part in loop.body for each in _listed(self.visit(part))]
        return True

    def visit_Return(self, node):
        return _assigned(self._target, node.value) + [ast.Break()]


def _listed(found):
    return found if isinstance(found, list) else [found]


def _chosen(test, yes, no):
    if yes:
        return [ast.If(test, yes, no)]
    return [ast.If(ast.UnaryOp(ast.Not(), test), no, [])] if no else [ast.Expr(test)]


def _assigned(target, value):
    """Statements that give a target a value; without a target those that only work it out."""
    if target is not None:
        return [ast.Assign([copy.deepcopy(target)], value or ast.Constant(None))]
    return [] if value is None or isinstance(value, (ast.Name, ast.Constant)) else [ast.Expr(value)]


def _fresh(name, taken):
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def _replace(parent, old, new):
    for field, value in ast.iter_fields(parent):
        if value is old:
            setattr(parent, field, new[0])
        elif isinstance(value, list) and any(each is old for each in value):
            i = next(i for i, each in enumerate(value) if each is old)
            value[i : i + 1] = new


class _Given(ast.NodeTransformer):
    """Parameters as what a call gives for them, and other names of the function's own."""

    def __init__(self, given, renamed):
        self._given = given
        self._renamed = renamed

    def visit_Name(self, node):
        value = self._given.get(node.id)
        if isinstance(value, ast.Constant):
            return ast.Constant(value.value)
        if value is not None:
            return ast.Name(value.id, ast.Load())
        node.id = self._renamed.get(node.id, node.id)
        return node

    def visit_ExceptHandler(self, node):
        node.name = self._renamed.get(node.name, node.name)
        self.generic_visit(node)
        return node
