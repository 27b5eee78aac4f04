"""Makes the choice between viper code and its twin where the image is made: on the chip it is always the first.
Where the chip's heap is measured on a machine without viper it is the second.

A choice is `try: from .fast import …` with `except ImportError: from .plain import …`. Where a module is nothing
else, whoever imports from it imports from the chosen one instead, and it is gone.
"""

import ast


def made(sources, twins=False):
    """{module: text} of {module: text}; a module is its dotted name. twins: the second is chosen."""
    trees = {module: ast.parse(text) for module, text in sources.items()}
    chosen = {}  # {module that is gone: the one that it chooses}
    for module, tree in trees.items():
        tree.body = [_choice(node, twins) or node for node in tree.body]
        code = [node for node in tree.body if not isinstance(node, ast.Expr)]
        if len(code) == 1 and getattr(code[0], "chosen", False):
            chosen[module] = "%s.%s" % (module.rpartition(".")[0], code[0].module)
    for module, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.level and node.module:
                path = ".".join(module.split(".")[: -node.level] + [node.module])
                if path in chosen:
                    node.module = node.module.rpartition(".")[0] + "." + chosen[path].rpartition(".")[2]
                    node.module = node.module.lstrip(".")
    return {module: ast.unparse(tree) + "\n" for module, tree in trees.items() if module not in chosen}


def _choice(node, twins):
    """The import that a choice makes, None for another statement."""
    if not isinstance(node, ast.Try) or len(node.body) != 1 or len(node.handlers) != 1:
        return None
    first, second = node.body[0], node.handlers[0].body[0]
    if not isinstance(first, ast.ImportFrom) or not isinstance(second, ast.ImportFrom):
        return None
    if first.level != 1 or second.level != 1 or not second.module.endswith("plain"):
        return None
    chosen = second if twins else first
    chosen.chosen = True
    return chosen
