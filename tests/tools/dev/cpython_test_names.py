"""How the page's script gets short names: only its own names change, and each in all its places."""

import re

import pytest

from staging import names, page

CASES = [
    # what is defined outside gets capital letters, the rest small ones
    ("const word = 1;\n", "const A = 1;\n"),
    ("function word(one, two = word) {\n  return one + two;\n}\n",
     "function A(a, b = A) {\n  return a + b;\n}\n"),
    ("const f = (x1, ...rest) => x1.value + rest.value;\n", "const A = (a, ...b) => a.value + b.value;\n"),
    ("const f = async (x1) => { await x1(); };\n", "const A = async (a) => { await a(); };\n"),
    # properties, keys, texts, expressions and the browser's names stay
    ('const word = { word: "word", other: document.word };\n', 'const A = { word: "word", other: document.word };\n'),
    ("const word = /word/.test(`word ${word} ${[word].map((each) => `${each}`)} word`);\n",
     "const A = /word/.test(`word ${A} ${[A].map((a) => `${a}`)} word`);\n"),
    ("const word = 4 / 2 / word;\n", "const A = 4 / 2 / A;\n"),
    # short forms of {name: name} become long
    ("const word = (value) => ({ value, word, other: value });\n",
     "const A = (a) => ({ value: a, word: A, other: a });\n"),
    (("function f({ one, two: { three }, ...rest }) {\n  const [four, , five = one] = rest;\n"
     "  return { three, four, five };\n}\n"), None),
    (("function f(list) {\n  for (const [key, value] of list) g(key, value);\n"
     "  try {\n    g();\n  } catch (error) {\n    g(error);\n  }\n}\n"), None),
    ("class Word extends Error {\n  constructor(status) {\n    super(status);\n    this.status = status;\n  }\n}\n",
     "class A extends Error {\n  constructor(a) {\n    super(a);\n    this.status = a;\n  }\n}\n"),
    # names share a short one where neither hides the other
    ("const f = () => [(one) => one, (two) => two];\n", "const A = () => [(a) => a, (a) => a];\n"),
    ("function f(one) {\n  one();\n  return (two) => two;\n}\n", "function A(a) {\n  a();\n  return (a) => a;\n}\n"),
    ("function f(one) {\n  return (two) => two + one;\n}\n", "function A(a) {\n  return (b) => b + a;\n}\n"),
    ("function f() {\n  const one = 1;\n  g(one);\n  const two = 2;\n  g(two);\n}\n",
     "function A() {\n  const a = 1;\n  g(a);\n  const b = 2;\n  g(b);\n}\n"),
    ("function f() {\n  if (g) {\n    const one = 1;\n    g(one);\n  }\n  const two = 2;\n  g(two);\n}\n",
     "function A() {\n  if (g) {\n    const a = 1;\n    g(a);\n  }\n  const a = 2;\n  g(a);\n}\n"),
    ("function f(one) {\n  if (g) {\n    g(one);\n    const two = 2;\n    g(two);\n  }\n}\n",
     "function A(a) {\n  if (g) {\n    g(a);\n    const b = 2;\n    g(b);\n  }\n}\n"),
    ("const f = (one) => g((two) => two, one);\n", "const A = (a) => g((a) => a, a);\n"),
    # a name inside that hides one outside
    ("const word = 1;\nconst f = (word) => word;\n", "const A = 1;\nconst B = (a) => a;\n"),
    ("const word = 1;\nfunction f(one) {\n  g(word);\n  if (one) {\n    const word = 2;\n    g(word);\n  }\n}\n",
     "const A = 1;\nfunction B(a) {\n  g(A);\n  if (a) {\n    const a = 2;\n    g(a);\n  }\n}\n"),
    # what is not seen to be declared stays
    ("const f = () => word;\n", "const A = () => word;\n"),
]  # fmt: skip


def plain(code):
    return [text for text, _ in names.tokens(code)]


@pytest.mark.parametrize("code, expected", CASES)
def test_names(code, expected):
    short = names.shorten(code)
    if expected:
        assert "".join(short.split()) == "".join(expected.split())
    assert not set(re.findall(r"\b(?:one|two|three|four|five|list|key|error|rest)\b", re.sub(r"\w+:", "", short)))


def test_short_names_never_meet_others():
    short = names.shorten("const word = (value) => a + A + value;\nlet other = word(b, B);\n")
    assert plain(short) == plain("const C = (c) => a + A + c;\nlet D = C(b, B);\n")


def test_of_the_page_only_names_change_and_none_becomes_two_or_one_of_two():
    code = page.worded()
    before, after = plain(code), plain(names.shorten(code))
    at, kept, pairs = 0, 0, {}
    for word in before:
        if after[at] == word and after[at + 1 : at + 2] == [":"] and before[kept : kept + 2][1:] != [":"]:
            at += 2  # {name} has become {name: n}
        if after[at] != word:
            assert re.fullmatch(r"[A-Za-z]\w?", after[at]), (word, after[at])
            pairs.setdefault(word, set()).add(after[at])
        at += 1
        kept += 1
    assert at == len(after) and len(pairs) > 300
