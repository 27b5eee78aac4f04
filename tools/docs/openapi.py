"""Loads docs/openapi.yaml for tools and tests."""

import yaml

from staging import stage

PATH = stage.ROOT / "docs" / "openapi.yaml"
METHODS = "get", "put", "post", "patch", "delete"


def document():
    """The document, a dictionary."""
    return yaml.safe_load(PATH.read_text())


def operations(described):
    """The set of (path, METHOD) in a document."""
    return {(path, method.upper()) for path, item in described["paths"].items() for method in item if method in METHODS}
