"""What the second part of `make year` does, see __main__.py."""
