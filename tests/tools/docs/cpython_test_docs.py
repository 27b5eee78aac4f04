"""README.md, docs/ and the other pages: links that lead somewhere, and a place in the site."""

import yaml

from staging import stage
from tools.docs import build as docs, links, markdown

PAGE = """# One `page`, GET /x

[here](#one-page-get-x) [not](#one) [there](docs/two.md#a-b--c) [gone](docs/three.md) [wrong](docs/two.md#z)
[out](../x.md) [top](/docs/two.md) [web](https://example.com/x#y) ![picture](docs/p.png) <img src="docs/q.png">
<a id="mark"></a> [mark](#mark) [folder](docs) [made](build/x.bin) [up](docs/../docs/two.md)
[form](../../issues/new) [other](../../other)

    [no](link.md)

```
[no](link.md) # no heading
```

`[no](link.md)`
"""


def test_every_link_of_every_page_leads_somewhere():
    assert {stage.ROOT / "README.md", stage.ROOT / "docs/api.md"} <= set(links.pages())
    assert links.problems() == []


def test_each_kind_of_bad_link_is_found(tmp_path):
    for folder in "docs", "build":
        (tmp_path / folder).mkdir()
    (tmp_path / "README.md").write_text(PAGE)
    (tmp_path / "docs/two.md").write_text("## A, B & C\n\n[back](../README.md#mark)\n")
    for name in "docs/p.png", "build/x.bin":
        (tmp_path / name).touch()
    assert links.problems(tmp_path) == ["README.md: " + problem for problem in (
        "#one has no such anchor", "docs/three.md is not there", "docs/two.md#z has no such anchor",
        "../x.md leads out of the project", "/docs/two.md leads out of the project", "docs/q.png is not there",
        "build/x.bin is not there", "../../other leads out of the project")]  # fmt: skip


def test_code_is_told_from_text():
    text = "a `b c` d\n\n    indented\n\n* list `x`\n\n      in a list\n\n```sh\nfenced\n```\n\n| t |\n|---|\n| `v` |\n"
    assert markdown.code(text) == [
        (1, "inline", "b c"), (3, "", "indented\n"), (5, "inline", "x"), (7, "", "in a list\n"), (10, "sh", "fenced\n"),
        (15, "inline", "v")]  # fmt: skip


def test_a_site_is_looked_at(tmp_path):
    (tmp_path / "a.html").write_text(
        '<link href="https://fonts.example.com/x.css"><a href="https://example.com/">w</a><a href="b.html#there">b</a>'
        '<a href="b.html#gone">b</a><img src="c.png"><a href="#">top</a>')
    (tmp_path / "b.html").write_text('<h1 id="there">B</h1>')
    assert docs.problems(tmp_path) == [
        "a.html: https://fonts.example.com/x.css is loaded from elsewhere",
        "a.html: b.html#gone has no such anchor", "a.html: c.png is not there"]


class Loader(yaml.SafeLoader):
    """Of mkdocs.yml, where a tag calls a function."""


Loader.add_multi_constructor("tag:yaml.org,2002:python/", lambda loader, suffix, node: None)


def test_every_page_of_docs_has_its_place_in_the_site():
    site = yaml.load((stage.ROOT / "mkdocs.yml").read_text(), Loader)
    named = []
    for part in site["nav"]:
        for inside in part.values():
            named += [inside] if isinstance(inside, str) else [page for one in inside for page in one.values()]
    there = {path.relative_to(stage.ROOT / "docs").as_posix() for path in (stage.ROOT / "docs").rglob("*.md")}
    assert there <= set(named) and len(named) == len(set(named))
    # nothing of it is loaded from elsewhere
    assert site["theme"]["font"] is False and site["strict"] is True and "repo_url" not in site
