"""Builds the reader's own page as one file that the reader sends unchanged: `python -m staging.page`.

The sources in lib/han/api/page/ become one HTML document, minified and compressed. The head of the HTTP answer comes
before it; its security policy names the only script and the only style of the document by their hashes. The file lies
beside the module that sends it (lib/han/api/page/page.bin, not under version control), so the application also runs
from its sources.

The same sources always give the same bytes.
"""

import base64
import fcntl
import hashlib
import json
import os
import pathlib
import re
import sys

import minify_html

from staging import deflate, names

SOURCE = pathlib.Path(__file__).resolve().parent.parent / "lib/han/api/page"
FILE = SOURCE / "page.bin"
ENTRY = "main.js"
LANGUAGES = "en", "fi", "sv", "nb"
_ORDER = "en", "nb", "sv", "fi"  # of their texts: so they compress best
#: The largest compressed document, bytes.
BUDGET = 48 * 1000
#: log2 of the compressor's window. The reader needs a free block of that size to send the page decompressed.
WINDOW = 14

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([a-z]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?function|const|let|class)", re.MULTILINE)
_TOP = re.compile(r"^(?:async function|function|const|let|class) ([A-Za-z_$][\w$]*)", re.MULTILINE)
_NUMBER = re.compile(r"^const ([A-Z]+) = ([\d.]+(?: / \d+)?);.*\n", re.MULTILINE)
_COMMENT = re.compile(r"^ *//.*\n", re.MULTILINE)  # the minifier keeps comments before functions
_NOTE = "/* @__PURE__ */ "  # of the minifier
_NEW = re.compile(r"\?\?=|\|\|=|&&=|\?\?|\?\.(?=[a-z(\[])")
_PLACE = re.compile(r"\{\d?\}")
_MESSAGE = "= "  # the keys of the API's messages begin so

# Loads nothing from elsewhere, runs no inline code but its own script and style, and forbids frames around the page.
_POLICY = (
    "default-src 'none'; script-src '%s'; style-src '%s'; img-src data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEAD = (
    "HTTP/1.1 200 OK\r\n"
    "ETag: \"%s\"\r\n"
    "Content-Type: text/html; charset=utf-8\r\n"
    "Content-Encoding: gzip\r\n"
    "Content-Length: %d\r\n"
    "Cache-Control: no-cache\r\n"
    "Connection: close\r\n"
    "Vary: Accept, Accept-Encoding\r\n"
    "Content-Security-Policy: %s\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "\r\n"
)


def modules(name=ENTRY, found=None):
    """Names of the JavaScript modules, each after those that it imports."""
    found = [] if found is None else found
    for needed in _IMPORT.findall((SOURCE / name).read_text()):
        if needed not in found:
            modules(needed, found)
    found.append(name)
    return found


def script():
    """All modules joined (text); ValueError if two of them define the same name."""
    owners, parts = {}, []
    for name in modules():
        text = _COMMENT.sub("", _EXPORT.sub("", _IMPORT.sub("", (SOURCE / name).read_text())))
        if re.search(r"^(import |export |const [\[{]|let [\[{])", text, re.MULTILINE):
            raise ValueError("%s: an import, export or definition that the page's builder does not know" % name)
        for word in _TOP.findall(text):
            if owners.setdefault(word, name) != name:
                raise ValueError("%s is defined in %s and in %s" % (word, owners[word], name))
        parts.append(text)
    code = "\n".join(parts)
    for name, value in _NUMBER.findall(code):  # the minifier would write the value, but keep the name, too
        code = re.sub(r"\b%s\b" % name, value, _NUMBER.sub("", code))
    return code


def texts():
    """{key: text} for each of LANGUAGES; ValueError if a language lacks a key or a placeholder."""
    tables = [json.loads((SOURCE / (language + ".json")).read_text()) for language in LANGUAGES]
    for language, table in zip(LANGUAGES, tables):
        if list(table) != list(tables[0]):
            differ = [pair for pair in zip(table, tables[0]) if pair[0] != pair[1]]
            raise ValueError("%s.json: keys are not those of en.json: %s" % (language, differ[:1] or "number"))
        for key, text in table.items():
            if sorted(_PLACE.findall(text)) != sorted(_PLACE.findall(tables[0][key])):
                raise ValueError("%s.json: %s: other places than in en.json" % (language, key))
    return tables


def _literals(pieces):
    """The places of the keys in the first arguments of t() and key(), but for those that are put together."""
    for n in range(len(pieces) - 2):
        if pieces[n] in ("t", "key") and pieces[n + 1] == "(":
            for place in range(n + 2, names.expression(pieces, n + 2)):
                if pieces[place].endswith('."'):
                    break
                if pieces[place][0] == '"' and pieces[place - 1] != "=":  # else something is compared with it
                    yield place


def worded():
    """The script with its texts. Keys in t("key") and key("key") become numbers: the places of their texts.

    Only keys that are put together at run time are kept, and the API's messages. __TEXTS__ becomes a list: these, then
    the texts in each language (_ORDER), each as lines: first theirs, last the one with the number 0. ValueError if a
    key is unknown or not used.
    """
    pieces, spaces = zip(*names.tokens(script()))
    pieces = list(pieces)
    tables = texts()
    begins = tuple(text[1:-1] for text in pieces if text[0] == '"' and text.endswith('."'))
    places = list(_literals(pieces))
    used = {pieces[place][1:-1] for place in places}
    kept = [key for key in tables[0] if key.startswith((_MESSAGE, *begins))]
    order = kept + [key for key in tables[0] if key in used and key not in kept]
    if used - {*order} or len(order) < len(tables[0]):
        raise ValueError("en.json and the scripts differ: %s" % sorted(used ^ {*tables[0]} - {*kept}))
    number = {key: len(order) - 1 - place for place, key in enumerate(order)}
    for place in places:
        text = str(number[pieces[place][1:-1]])
        if pieces[place - 2] == "key":
            pieces[place - 2 : place + 2] = text, "", "", ""
        else:
            pieces[place] = text
    # An English text that is the message itself is left out.
    lines = [kept]
    for language in _ORDER:
        table = tables[LANGUAGES.index(language)]
        lines.append(["" if key == _MESSAGE + table[key] else table[key] for key in order])
    words = json.dumps(["\n".join(each) for each in lines], ensure_ascii=False)
    code = "".join(space + text for text, space in zip(pieces, spaces))
    return code.replace("__TEXTS__", words).replace("__LANGUAGES__", json.dumps(LANGUAGES))


def document():
    """The minified document, bytes. ValueError if the minifier fails or the script is too new for old browsers."""
    html = (SOURCE / "index.html").read_text()
    html = html.replace("/* style.css */", (SOURCE / "style.css").read_text())
    html = html.replace("/* main.js */", '(() => {\n"use strict";\n%s\n})();' % names.shorten(worded()))
    small = minify_html.minify(
        html, minify_js=True, minify_css=True, minify_doctype=False, keep_closing_tags=True,
        keep_html_and_head_opening_tags=True, keep_comments=False,
    )  # fmt: skip
    small = small.replace(_NOTE, "")
    if re.search(r"<script>.*\n.*</script>", small) and "\n  " in small.split("<script>")[1]:
        raise ValueError("the minifier did not understand the script")
    new = _NEW.search(small)
    if new:
        raise ValueError("%s is too new for the browsers of phones' captive portals" % new.group())
    return small.encode()


def _hash(small, tag):
    inside = re.findall(rb"<%s>(.*?)</%s>" % (tag, tag), small, re.DOTALL)
    if len(inside) != 1:
        raise ValueError("the document must have one %s" % tag.decode())
    return "sha256-" + base64.b64encode(hashlib.sha256(inside[0]).digest()).decode()


def answer():
    """(bytes of the whole HTTP answer, length of its compressed document)."""
    small = document()
    policy = _POLICY % (_hash(small, b"script"), _hash(small, b"style"))
    packed = deflate.gzip(small, 1 << WINDOW)
    head = _HEAD % (hashlib.sha256(packed).hexdigest()[:16], len(packed), policy)
    return head.encode() + packed, len(packed)


def build():
    """Update page.bin unless it is newer than all its sources; returns its path. ValueError if it is too large."""
    made_of = [path for path in SOURCE.iterdir() if path.suffix in (".html", ".css", ".js", ".json")]
    made_of += [pathlib.Path(each) for each in (__file__, deflate.__file__, names.__file__)]
    with open(SOURCE / "index.html") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a test run and a `make sim` may start together
        if FILE.exists() and FILE.stat().st_mtime_ns > max(path.stat().st_mtime_ns for path in made_of):
            return FILE
        data, size = answer()
        if size > BUDGET:
            raise ValueError("the page has %d bytes, more than %d" % (size, BUDGET))
        temporary = FILE.with_suffix(".new")
        temporary.write_bytes(data)
        os.replace(temporary, FILE)
    return FILE


def main():
    data = build().read_bytes()
    size = len(data) - data.index(b"\r\n\r\n") - 4
    print("%s: %d bytes compressed, of at most %d" % (FILE.name, size, BUDGET))
    return 0


if __name__ == "__main__":
    sys.exit(main())
