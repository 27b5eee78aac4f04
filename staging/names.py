"""Gives the functions and variables of the page's script short names. Properties, texts and the browser's names stay.

It knows the JavaScript that the page is written in (tests/tools/dev/cpython_test_names.py), and leaves a name alone
wherever it does not see that it is the script's own.
"""

import collections
import re
import string

_TOKEN = re.compile(r"(?:\s|//[^\n]*\n)+|\"(?:[^\"\\\n]|\\.)*\"|[A-Za-z_$][\w$]*|\d[\w.]*|=>|\.\.\.|[^\w\s]")
_REMARK = re.compile(r"//[^\n]*(?=\n)")
_REGEX = re.compile(r"/(?![/*])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_TEMPLATE = re.compile(r"(?:[^`\\$]|\\.|\$(?!\{))*(?:`|\$\{)", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_$][\w$]*")
_TOP = re.compile(r"^(?:async )?(?:function|const|let|class) ([A-Za-z_$][\w$]*)", re.MULTILINE)
# After these a { begins an object or a pattern, and no block.
_OBJECT = {*"(,=:?[&|", "return", "...", "let", "const", "of", "${"}
_WORDS = set("as do if in is of for let new try var get set".split())


def tokens(code):
    """[(text, the space before it), …] of a script; comments are left out."""
    found, at, space = [], 0, ""
    open_templates = []  # depth of braces in each ${ that is open
    while at < len(code):
        if code[at] == "`" or code[at] == "}" and open_templates and not open_templates[-1]:
            end = _TEMPLATE.match(code, at + 1).end()
            if code[at] == "}":
                open_templates.pop()
            if code[end - 1] == "{":
                open_templates.append(0)
        else:
            last = found[-1][0] if found else ""
            regex = code[at] == "/" and (last in _OBJECT or last in "!;{}") and _REGEX.match(code, at)
            end = (regex or _TOKEN.match(code, at)).end()
            if open_templates:
                open_templates[-1] += {"{": 1, "}": -1}.get(code[at], 0)
        text = code[at:end]
        if text.lstrip()[:2] in ("", "//"):
            space = _REMARK.sub("", text)
        else:
            found.append((text, space))
            space = ""
        at = end
    return found


def expression(texts, at):
    """The place where the expression that begins at `at` ends."""
    depth = 0
    for n in range(at, len(texts)):
        text = texts[n]
        closes = text in (")", "]") or text[0] == "}"
        if depth == 0 and (closes or text in (",", ";")):
            return n
        depth += (text in ("(", "[", "{") or text.endswith("${")) - closes
    return len(texts)


class _Piece:
    """What the tokens of a piece of the script are.

    roles   for each token "use" of a name that may be the script's own, or None; "short use" is {name: name}
    scopes  {name: [(start, end), …]} of the functions and blocks in which a name is declared
    """

    def __init__(self, found):
        self.found = found
        self.texts = [text for text, _ in found]
        self.roles = [None] * len(found)
        self.scopes = {}
        self._ends = {}  # {place of an opening bracket: place of its closing one}
        self._blocks = []  # the place of the block's bracket around each token, -1 outside of all
        self._read()
        self._parameters()

    def _at(self, n):
        return self.texts[n] if 0 <= n < len(self.texts) else ";"

    def _read(self):
        # Kind and place of each open bracket: "(", "[", "$" of a template, "o" of an object or pattern, "b" of a block.
        stack, declared = [], []
        for n, text in enumerate(self.texts):
            last, after = self._at(n - 1), self._at(n + 1)
            if text[0] == "}" or text in (")", "]"):
                self._ends[stack.pop()[1]] = n
            self._blocks.append(max([place for kind, place in stack if kind == "b"], default=-1))
            if text in ("(", "["):
                stack.append((text, n))
            elif text == "{":
                stack.append(("o" if last in _OBJECT or last.endswith("${") else "b", n))
            elif text.endswith("${"):
                stack.append(("$", n))
            elif _NAME.match(text) and last != "." and text not in _WORDS:
                self.roles[n] = "use"
                if stack and stack[-1][0] == "o" and last in ("{", ","):
                    self.roles[n] = "short use" if after in (",", "}", "=") else None
                elif last in ("let", "const", "function", "class"):
                    declared.append(n)
        for n in declared:
            self._declare(n, *self._block(n))

    def _declare(self, n, start, end):
        self.scopes.setdefault(self.texts[n], []).append((start, end))

    def _block(self, n):
        start = self._blocks[n]
        return (0, len(self.texts)) if start < 0 else (start, self._ends[start])

    def _body(self, at):
        """The end of the function whose body begins at `at`."""
        return self._ends[at] if self._at(at) == "{" else expression(self.texts, at)

    def _parameters(self):
        for begin, end in self._ends.items():
            before, after = self._at(begin - 1), self._at(end + 1)
            if before in ("let", "const"):
                scope = self._block(begin)
            elif self.texts[begin] == "(" and after == "=>":
                scope = begin, self._body(end + 2)
            elif self.texts[begin] == "(" and after == "{" and before not in ("if", "for", "while", "switch"):
                scope = begin, self._body(end + 1)
            else:
                continue
            for n in range(begin + 1, end):
                # Not the values that they have if none is given.
                if self.roles[n] and self.texts[n - 1] in ("(", "{", "[", ",", "...", ":"):
                    self._declare(n, *scope)
        for n, role in enumerate(self.roles):
            if role and self._at(n + 1) == "=>":
                self._declare(n, n, self._body(n + 2))

    def names(self):
        """How often each name is there, a Counter."""
        return collections.Counter(text for text, role in zip(self.texts, self.roles) if role)

    def _uses(self, name, own):
        """[(place, the innermost scope there in which the name is declared), …]

        own: the name is one of all pieces; places where it is that one are left out.
        """
        found, whole = [], (0, len(self.texts))
        scopes = [scope for scope in self.scopes[name] if scope != whole or not own]
        for n, text in enumerate(self.texts):
            if text == name and self.roles[n]:
                around = [scope for scope in scopes if scope[0] <= n <= scope[1]]
                if around or not own:
                    found.append((n, min(around, key=lambda scope: scope[1] - scope[0], default=whole)))
        return found

    def short(self, own, taken):
        """{place: short name} of all but `own` names. Two names share one where neither would hide the other.

        The first name gets the first letter, and so on, which makes functions alike and so compresses best.
        """
        uses = {name: self._uses(name, name in own) for name in self.scopes}
        uses = {name: found for name, found in uses.items() if found}
        scopes = {name: {scope for _, scope in found} for name, found in uses.items()}

        def hides(one, other):
            return any(
                start <= n <= end and around[0] <= start and end <= around[1]
                for n, around in uses[other] for start, end in scopes[one]
            )  # fmt: skip

        given = {}
        for name in sorted(uses, key=lambda name: uses[name][0][0]):
            near = {given[other] for other in given if hides(name, other) or hides(other, name)}
            given[name] = next(short for short in _fresh(string.ascii_lowercase, taken) if short not in near)
        return {n: given[name] for name, found in uses.items() for n, _ in found}


def _fresh(first, taken):
    """Names that begin with one of the letters of `first` and are not taken, the shortest first."""
    for rest in ("", *string.ascii_letters, *string.digits):
        for begin in first:
            if begin + rest not in taken:
                yield begin + rest


def shorten(code):
    """The script with short names: capital letters for what is defined outside of all functions, else small ones."""
    starts = [found.start() for found in _TOP.finditer(code)]
    pieces = [_Piece(tokens(code[begin:end])) for begin, end in zip(starts, starts[1:] + [len(code)])]
    own = set(_TOP.findall(code))
    taken, counts = set(_WORDS), collections.Counter()
    for piece in pieces:
        taken.update(set(piece.names()) - set(piece.scopes) - own)  # the browser's, or not understood
        counts.update(piece.names())
    top = dict(zip(sorted(own, key=lambda name: (-counts[name], name)), _fresh(string.ascii_uppercase, taken)))
    out = [code[: starts[0]]]
    for piece in pieces:
        inside = piece.short(own, taken)
        for n, ((text, space), role) in enumerate(zip(piece.found, piece.roles)):
            short = inside.get(n, top.get(text)) if role else None
            out.append(space + (text if not short else "%s: %s" % (text, short) if "short" in role else short))
        out.append("\n")
    return "".join(out)
