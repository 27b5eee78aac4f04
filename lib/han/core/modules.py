"""Modules that are needed now and then give their memory back."""
import sys


def release(name):
    """Forget an imported module, such as 'han.meter.anonymise': the next import loads it again."""
    sys.modules.pop(name, None)
    package, _, last = name.rpartition(".")
    try:
        delattr(sys.modules[package], last)
    except (AttributeError, KeyError):
        pass
