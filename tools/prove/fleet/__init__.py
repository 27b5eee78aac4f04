"""What `make fleet` does, see __main__.py."""
