"""The documentation's site and what of it is made from the sources."""
