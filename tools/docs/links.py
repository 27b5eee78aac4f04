"""Checks the links of the Markdown pages: problems() names those that lead nowhere."""

import os
import pathlib
import urllib.parse

from tools.docs import markdown

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
_MADE = ("build", ".venv")
#: Pages of the hosting service, two levels above the files of a repository.
_SERVICE = ("issues", "releases", "security")


def pages(root=ROOT):
    """Paths of all Markdown pages for people: at the top of the project, in docs/, findings/ and .github/."""
    found = set(root.glob("*.md"))
    for folder in ("docs", "findings", ".github"):
        found.update((root / folder).rglob("*.md"))
    return sorted(found)


def split(target):
    """(path, anchor) of a link inside the project; None for an external link."""
    parts = urllib.parse.urlsplit(target)
    if parts.scheme or parts.netloc:
        return None
    return urllib.parse.unquote(parts.path), urllib.parse.unquote(parts.fragment)


def problems(root=ROOT):
    """[text] about every link that leads nowhere, with its page."""
    found = []
    anchors = {}
    for page in pages(root):
        for target in markdown.links(page.read_text()):
            inside = split(target)
            if inside is None:
                continue
            path, anchor = inside
            there = pathlib.Path(os.path.normpath(page.parent / path)) if path else page
            name = "%s: %s" % (page.relative_to(root), target)
            if path.startswith(tuple("../../%s/" % service for service in _SERVICE)) and page.parent == root:
                continue
            if path.startswith("/") or root not in there.parents:
                found.append(name + " leads out of the project")
            elif there.relative_to(root).parts[0] in _MADE or not there.exists():
                found.append(name + " is not there")
            elif anchor:
                if there not in anchors:
                    anchors[there] = markdown.anchors(there.read_text()) if there.suffix == ".md" else set()
                if anchor not in anchors[there]:
                    found.append(name + " has no such anchor")
    return found
