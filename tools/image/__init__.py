"""What an image is made of, each part taken apart, checked and put together in one file. Used by tools/*.py."""


class ImageError(Exception):
    """Something that is not what it has to be, in words for whoever runs the tool."""
