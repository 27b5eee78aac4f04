"""docs/openapi.yaml as tools and tests read it."""

import yaml

from staging import stage

PATH = stage.ROOT / "docs" / "openapi.yaml"
METHODS = "get", "put", "post", "patch", "delete"


def document():
    """The document as a dictionary."""
    return yaml.safe_load(PATH.read_text())


def operations(described):
    """{(path, METHOD)} of a document."""
    return {(path, method.upper()) for path, item in described["paths"].items() for method in item if method in METHODS}
