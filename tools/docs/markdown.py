"""Finds links, anchors and code in Markdown pages (CommonMark with GitHub's tables and anchors)."""

import re

from markdown_it import MarkdownIt

_PARSER = MarkdownIt("commonmark").enable("table")
_HTML_LINK = re.compile(r'\b(?:href|src)="([^"]+)"')
_HTML_ANCHOR = re.compile(r'\b(?:id|name)="([^"]+)"')


def _tokens(text):
    """Yields every token, each followed by its inner ones."""
    for token in _PARSER.parse(text):
        yield token
        yield from token.children or ()


def links(text):
    """The targets of all links and images, in order."""
    found = []
    for token in _tokens(text):
        if token.type == "link_open":
            found.append(token.attrs["href"])
        elif token.type == "image":
            found.append(token.attrs["src"])
        elif token.type in ("html_block", "html_inline"):
            found += _HTML_LINK.findall(token.content)
    return found


def anchors(text):
    """The set of anchors of a page: what a link may have after its `#`."""
    found = set()
    heading = False
    for token in _PARSER.parse(text):
        if token.type == "heading_open":
            heading = True
        elif token.type == "inline" and heading:
            heading = False
            found.add(slug("".join(child.content for child in token.children)))
        for inner in [token, *(token.children or ())]:
            if inner.type in ("html_block", "html_inline"):
                found.update(_HTML_ANCHOR.findall(inner.content))
    return found


def slug(heading):
    """The anchor of a heading's text."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def code(text):
    """[(line, language, text)] of all code. Code inside a paragraph has the language "inline".

    line: number, from 1, of the line where the block's text or the paragraph begins
    """
    found = []
    for token in _PARSER.parse(text):
        line = token.map[0] + 1 if token.map else 0
        if token.type in ("fence", "code_block"):
            found.append((line + (token.type == "fence"), token.info.strip(), token.content))
        for child in token.children or ():
            if child.type == "code_inline":
                found.append((line, "inline", child.content))
    return found
