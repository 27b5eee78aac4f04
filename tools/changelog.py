"""Print the section of CHANGELOG.md about a version: `python -m tools.changelog VERSION [--summary]`.

The section begins with a paragraph for people who are about to update; the readers show it. This uses the standard
library only, because the workflow of releases runs it before anything is installed. Exit status 1 if the version has
no section.
"""

import argparse
import pathlib
import re
import sys

FILE = pathlib.Path(__file__).resolve().parent.parent / "CHANGELOG.md"
UNRELEASED = "Unreleased"
KINDS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
_HEAD = re.compile(r"\[(%s|\d+\.\d+\.\d+\.\d+)\](?: - (\d{4}-\d\d-\d\d))?" % UNRELEASED)


def sections(text):
    """{version or UNRELEASED: its text}, the newest first; ValueError if a heading is not as expected or repeated."""
    found = {}
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        head, _, body = part.partition("\n")
        match = _HEAD.fullmatch(head)
        if not match or (match[1] == UNRELEASED) != (match[2] is None):
            raise ValueError("CHANGELOG.md: the head is [1.2.3.4] - 2026-12-31, not %s" % head)
        if match[1] in found:
            raise ValueError("CHANGELOG.md: two sections of %s" % match[1])
        found[match[1]] = body.strip()
    return found


def notes(version):
    """The section of a version, Markdown; ValueError if there is none."""
    said = sections(FILE.read_text()).get(version)
    if not said:
        raise ValueError("CHANGELOG.md says nothing of %s" % version)
    return said


def summary(version):
    """The paragraph of a version for people who are about to update, in one line; "" if there is none."""
    said = sections(FILE.read_text()).get(version, "")
    return "" if said.startswith("#") else " ".join(said.partition("\n\n")[0].split())


def main(arguments):
    parser = argparse.ArgumentParser(prog="python -m tools.changelog", description=__doc__.splitlines()[0])
    parser.add_argument("version", metavar="VERSION", help="such as 1.2.3.4")
    parser.add_argument("--summary", action="store_true", help="print only the paragraph that readers show")
    given = parser.parse_args(arguments)
    try:
        said = notes(given.version)
        print(summary(given.version) if given.summary else said)
    except (OSError, ValueError) as error:
        print("tools.changelog: %s" % error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
