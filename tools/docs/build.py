"""Makes a site of README and docs/ in build/docs: `python -m tools.docs.build [WHERE]`.

WHERE is the address of the repository's files (https://…/blob/main), for links to files that are not in the site.
mkdocs has a venv of its own, build/mkdocs, because it needs 40 packages that nothing else needs. mkdocs fails if a link
or an anchor leads nowhere. Afterwards this checks the finished pages for dead links, and for resources from elsewhere.
"""

import html.parser
import os
import pathlib
import subprocess
import sys
import urllib.parse

from staging import stage
from tools.dev import setup

SITE = stage.BUILD / "docs"


class _Page(html.parser.HTMLParser):
    """An HTML page. links: [(tag, target)]; anchors: the set of the anchors in the page."""

    def __init__(self, text):
        super().__init__()
        self.links, self.anchors = [], {""}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.anchors.update(filter(None, (given.get("id"), given.get("name"))))
        for name in ("href", "src"):
            if given.get(name):
                self.links.append((tag, given[name]))


def problems(site):
    """[text] about each link in the pages of a site that leads nowhere, and each resource from elsewhere."""
    found = []
    pages = {path: _Page(path.read_text()) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        for tag, target in page.links:
            name = "%s: %s" % (path.relative_to(site), target)
            parts = urllib.parse.urlsplit(target)
            if parts.scheme or parts.netloc:
                if tag != "a":
                    found.append(name + " is loaded from elsewhere")
                continue
            there = path
            if parts.path:
                there = pathlib.Path(os.path.normpath(path.parent / urllib.parse.unquote(parts.path)))
            if not there.exists():
                found.append(name + " is not there")
            elif there in pages and urllib.parse.unquote(parts.fragment) not in pages[there].anchors:
                found.append(name + " has no such anchor")
    return found


def main(arguments):
    python = setup.ensure(stage.BUILD / "mkdocs", stage.ROOT / "requirements-docs.txt")
    environment = dict(os.environ, NO_MKDOCS_2_WARNING="1", WHERE=arguments[0] if arguments else "")
    status = subprocess.call([python, "-m", "mkdocs", "build"], cwd=stage.ROOT, env=environment)
    if status:
        return status
    (SITE / "404.html").unlink()  # it works only at the top of a server
    found = problems(SITE)
    print("\n".join(found) or "%s: %d pages" % (SITE.relative_to(stage.ROOT), len(list(SITE.rglob("*.html")))))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
