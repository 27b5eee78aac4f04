"""The configuration: one JSON object. How flash keeps it, see kept.py."""
from ..core.modules import release


class Config:
    """The values in force, none before load(), and where flash keeps them: a flash.Region of two sectors."""

    def __init__(self, region):
        self.region = region
        self.values = {}
        self.damaged = 0  # copies that were there but not sound at load()

    def get(self, *path):
        """The value at a path of keys, such as get("m", "t"); KeyError for an unknown one."""
        value = self.values
        for key in path:
            value = value[key]
        return value

    def load(self):
        """Take the newest sound copy; False (and the defaults) where there is none. OSError: unreadable; defaults."""
        return kept().load(self)

    def change(self, values):
        """Keep these values and take them. OSError, ValueError (too long): nothing has changed."""
        kept().save(self, values)
        self.values = values

    def note(self, key, value):
        """Keep something that is no setting under a key of its own. OSError, ValueError: nothing has changed."""
        values = dict(self.values)
        values[key] = value
        self.change(values)


def kept():
    """The module that reads and writes flash, for one use."""
    from . import kept

    release("han.store.kept", "han.store.copies")
    return kept
