"""Modules that are needed now and then give their memory back."""
import sys


def release(*names):
    """Forget imported modules, such as 'han.meter.anonymise': the next import loads them again."""
    for name in names:
        sys.modules.pop(name, None)
        package, _, last = name.rpartition(".")
        try:
            delattr(sys.modules[package], last)
        except (AttributeError, KeyError):
            pass
