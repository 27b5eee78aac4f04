"""What an image is made of, each part taken apart, checked and put together in one file. Used by tools/*.py."""
