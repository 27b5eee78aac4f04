"""Writes the pages of docs/ that are made from the code and from docs/openapi.yaml: `make reference`."""

import sys

from staging import stage
from tools.docs import api_page, settings_page

#: {file below docs/: function that returns its text}
PAGES = {"api.md": api_page.text, "settings.md": settings_page.text}


def main():
    for name, text in PAGES.items():
        path = stage.ROOT / "docs" / name
        path.write_text(text())
        print(path.relative_to(stage.ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
