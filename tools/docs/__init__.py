"""The documentation: its site, and the pages that are made from the sources."""
