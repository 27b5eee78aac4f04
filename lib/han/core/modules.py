"""Modules that are needed now and then give their memory back."""
import gc
import sys


def release(*names):
    """Forget imported modules, such as 'han.meter.anonymise': the next import loads them again."""
    for name in names:
        if name[-5:] == "_fast":
            # The chip copies viper code to memory of its own, which only a reset gives back: each import takes it anew.
            continue
        sys.modules.pop(name, None)
        package, _, last = name.rpartition(".")
        try:
            delattr(sys.modules[package], last)
        except (AttributeError, KeyError):
            pass


class Modules:
    """Modules that are needed now and then: one copy for all who use one at the same time, none after them."""

    def __init__(self):
        self._used = {}  # name: [module, users, what to forget with it]

    def take(self, name):
        """A module, such as 'han.api.history', until give()."""
        held = self._used.get(name)
        if held is None:
            before = list(sys.modules)
            gc.collect()  # so that it breaks up no more of the memory than it must
            try:
                __import__(name)
            finally:  # what was imported is to be forgotten also where the memory did not do for all of it
                # Those of updates are forgotten when the update allows it, see ota.updates.
                new = [each for each in sys.modules if each[:4] == "han." and each[:8] != "han.ota."]
                held = [sys.modules.get(name), 0, [name] + [each for each in new if each not in before]]
                self._used[name] = held
                if held[0] is None:
                    self.give(name)
        held[1] += 1
        return held[0]

    def give(self, name):
        """One use of a module has ended."""
        held = self._used[name]
        held[1] -= 1
        if held[1] <= 0:
            del self._used[name]
            release(*held[2])

    def call(self, name, function, *arguments):
        """What a function of a module returns; it is no coroutine function."""
        module = self.take(name)
        try:
            return getattr(module, function)(*arguments)
        finally:
            self.give(name)
