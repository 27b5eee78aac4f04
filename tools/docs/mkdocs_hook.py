"""Hooks for mkdocs.yml, which add the pages at the top of the project to the site.

README.md is the first page of the site. A link to a file that is not in the site leads to that file below the address
in the environment variable WHERE. Without WHERE only the text of such a link stays.
"""

import os
import posixpath
import re

from mkdocs.structure.files import File

from tools.docs import links, markdown

#: {page at the top of the project: its name in the site}
_TOP = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}


def on_files(files, config):
    """Add the pages at the top of the project."""
    for name, page in _TOP.items():
        if (links.ROOT / name).exists():
            files.append(File.generated(config, page, abs_src_path=str(links.ROOT / name)))
    return files


def on_page_markdown(text, page, config, files):
    """Change each link so that it leads to the right page of the site."""
    source = next((name for name, made in _TOP.items() if made == page.file.src_uri), "docs/" + page.file.src_uri)
    for target in sorted(set(markdown.links(text)), key=len, reverse=True):
        inside = links.split(target)
        if inside is None or not inside[0]:
            continue
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), inside[0]))
        place = _TOP.get(path) or path.removeprefix("docs/")
        if (path.startswith("docs/") or path in _TOP) and files.get_file_from_path(place):
            new = posixpath.relpath(place, posixpath.dirname(page.file.src_uri)) + "#" * bool(inside[1]) + inside[1]
            text = text.replace("](%s)" % target, "](%s)" % new).replace('="%s"' % target, '="%s"' % new)
        elif os.environ.get("WHERE"):
            text = text.replace("](%s)" % target, "](%s/%s)" % (os.environ["WHERE"].rstrip("/"), path))
        else:
            text = re.sub(r"\[([^\]]*)\]\(%s\)" % re.escape(target), r"\1", text)
    return text
