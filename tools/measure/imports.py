"""Which modules a module's lines import."""

import ast


def imported(texts):
    """{module: the modules of these that its lines import, a set}. texts: {module: (text, True for a package)}."""
    found = {}
    for name, (text, package) in texts.items():
        found[name] = set()
        base = name.split(".") if package else name.split(".")[:-1]
        todo = list(ast.parse(text).body)
        while todo:
            node = todo.pop()
            if isinstance(node, ast.Try):
                todo += node.body  # where that fails, there is a twin
            elif isinstance(node, ast.Import):
                found[name] |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                above = base[: len(base) + 1 - node.level] if node.level else []
                whence = ".".join(above + (node.module.split(".") if node.module else []))
                found[name] |= {whence} | {whence + "." + alias.name for alias in node.names}
        found[name] &= texts.keys()
    return found


def needed(modules, imports):
    """All that these modules import, and what that imports, a set. imports: as of imported()."""
    found = set()
    todo = [name for name in modules if name in imports]
    while todo:
        for name in imports[todo.pop()] - found:
            found.add(name)
            todo.append(name)
    return found
