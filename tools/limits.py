"""Puts limits where they are used: class attributes with a number or text, which tests change and an image does not.

A limit is bound in the body of one class and never again, read as an attribute, and spoken of nowhere else.
"""

import ast

from tools.names import bound_by


def fixed(sources, others):
    """{module: text} of {module: text}. others: texts of what else is in the image or runs it."""
    trees = {module: ast.parse(text) for module, text in sources.items()}
    known = _spoken([ast.parse(text) for text in others], ast.Attribute, ast.Name, ast.keyword, ast.Constant)
    known |= _spoken(trees.values(), ast.keyword, ast.Constant)
    bound, values = {}, {}
    for tree in trees.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                for part in node.body:
                    for name in bound_by([part]):
                        bound[name] = bound.get(name, 0) + 1
                    if _gives(part):
                        values[part.targets[0].id] = part.value.value
            elif isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
                bound[node.attr] = 2
    limits = {name: value for name, value in values.items() if bound[name] == 1 and name not in known}
    for tree in trees.values():
        _Fixed(limits).visit(tree)
    return {module: ast.unparse(tree) + "\n" for module, tree in trees.items()}


def _gives(node):
    return (
        isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant) and isinstance(node.value.value, (int, str, type(None)))
    )  # fmt: skip


def _spoken(trees, *kinds):
    """Names in trees: of attributes, names, keywords, or words of texts."""
    found = set()
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, kinds):
                if isinstance(node, ast.Constant):
                    found |= set(node.value.split()) if isinstance(node.value, str) else set()
                else:
                    found.add(getattr(node, "attr", None) or getattr(node, "id", None) or getattr(node, "arg", None))
    return found


class _Fixed(ast.NodeTransformer):
    def __init__(self, limits):
        self._limits = limits

    def visit_ClassDef(self, node):
        self.generic_visit(node)
        node.body = [part for part in node.body if not (_gives(part) and part.targets[0].id in self._limits)]
        node.body = node.body or [ast.Pass()]
        return node

    def visit_Attribute(self, node):
        self.generic_visit(node)
        return ast.Constant(self._limits[node.attr]) if node.attr in self._limits else node
