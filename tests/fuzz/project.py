"""Finds the project for the scripts of this folder, on both interpreters and from any working folder.

A script has its own folder first on the path, so it can import this before anything else of the project.
"""
import sys


def find():
    """Put the project on the path; on CPython the application, too. MicroPython gets it staged, by MICROPYPATH."""
    root = __file__.rsplit("/", 3)[0]
    sys.path.insert(0, root)
    if sys.implementation.name == "cpython":
        sys.path.insert(0, root + "/lib")
