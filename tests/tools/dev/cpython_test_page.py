"""How the page is built: the same bytes each time, nothing missing in any language, no text the API does not have."""

import gzip
import json
import re

import pytest

from staging import names, page, stage

KEYS = json.loads((page.SOURCE / "en.json").read_text())


def test_the_same_sources_make_the_same_bytes_within_the_budget():
    data, size = page.answer()
    assert data == page.answer()[0] and size <= page.BUDGET
    head, _, body = data.partition(b"\r\n\r\n")
    assert b"Content-Length: %d\r\n" % size in head and len(body) == size
    html = gzip.decompress(body).decode()
    assert html.startswith("<!doctype html>") and "__TEXTS__" not in html
    before = html.split("<script>")[0]
    assert not re.search(r"\son[a-z]+=|style=|https?://(?!www\.w3\.org)", before), "inline, or from elsewhere"


def test_every_module_is_used():
    assert sorted(page.modules()) == sorted(path.name for path in page.SOURCE.glob("*.js"))


def test_what_a_module_calls_of_another_it_imports():
    # The builder joins all in one script, where it would work without.
    noise = re.compile(r"(?<!:)//.*|\"[^\"\n]*\"|/[^/\s][^/\n]*/[gi]*[.,)]")  # comments, texts, expressions
    sources = {name: noise.sub("", (page.SOURCE / name).read_text()) for name in page.modules()}
    exported = re.findall(r"(?m)^export (?:async )?(?:function|const) (\w+)", "".join(sources.values()))
    for name, text in sources.items():
        known = set(re.findall(r"\w+", " ".join(re.findall(r"(?m)^import \{([^}]*)\}", text))))
        known |= set(re.findall(r"(?:function|const|let) (\w+)", text))
        known |= set(re.findall(r"(?m)^ +(?:async )?(\w+)\([^)]*\) \{", text))  # methods
        called = set(re.findall(r"(?<![\w.$])(\w+)\(", text)) & set(exported)
        assert called <= known, (name, called - known)


def test_every_text_that_is_shown_exists_and_every_one_that_exists_is_shown(tmp_path, monkeypatch):
    for path in page.SOURCE.glob("*.js*"):
        (tmp_path / path.name).write_text(path.read_text())
    monkeypatch.setattr(page, "SOURCE", tmp_path)
    page.worded()
    dom = (tmp_path / "dom.js").read_text()
    (tmp_path / "dom.js").write_text(dom + 'const more = [t(1 === 2 ? "live" : "nowhere")];\n')
    with pytest.raises(ValueError, match="nowhere"):
        page.worded()
    (tmp_path / "dom.js").write_text(dom)
    for path in tmp_path.glob("*.json"):
        path.write_text(json.dumps({**json.loads(path.read_text()), "nobody": ""}))
    with pytest.raises(ValueError, match="nobody"):
        page.worded()


def test_texts_of_keys_are_found():
    pieces, _ = zip(*names.tokens('t(a === "b" ? "one" : f("two"), "c"); t("d." + "e"); [key("three"), x.get("f")]'))
    assert [pieces[place] for place in page._literals(pieces)] == ['"one"', '"two"', '"three"']


def test_texts_of_the_api_are_still_what_it_says():
    folders = stage.ROOT / "lib/han", stage.ROOT / "firmware"
    paths = [path for folder in folders for path in sorted(folder.rglob("*.py"))] + [stage.ROOT / "boot.py"]
    source = "".join(path.read_text() for path in paths)
    source = re.sub(r'"\s*\n\s*"', "", source)
    for key in KEYS:
        if key.startswith("= "):
            for part in re.split(r"\{\d\}|; |must be | where \.m is static", key[2:]):
                if part.endswith(": ") and part[:-2].islower() and part[:-2].isalpha():
                    # The beginning of a text, or a link's name, in front of what is wrong with it.
                    assert '"' + part in source or '"%s"' % part[:-2] in source, key
                elif len(part) > 3:
                    assert part.strip(" :") in source, key


def test_a_language_that_lacks_something_is_refused(tmp_path, monkeypatch):
    for path in page.SOURCE.glob("*.json"):
        (tmp_path / path.name).write_text(path.read_text())
    monkeypatch.setattr(page, "SOURCE", tmp_path)
    page.texts()
    finnish = json.loads((tmp_path / "fi.json").read_text())
    for change, message in (({"stale": "ei"}, "other places"), ({"nothing": "ei mitään"}, "keys are not those")):
        (tmp_path / "fi.json").write_text(json.dumps({**finnish, **change}))
        with pytest.raises(ValueError, match=message):
            page.texts()


def test_two_things_of_one_name_are_refused(tmp_path, monkeypatch):
    (tmp_path / "main.js").write_text('import { one } from "./one.js";\nconst name = one;\n')
    (tmp_path / "one.js").write_text("export const one = 1;\nfunction name() {}\n")
    monkeypatch.setattr(page, "SOURCE", tmp_path)
    with pytest.raises(ValueError, match="name is defined in one.js and in main.js"):
        page.script()
