"""Helpers for test files besides plain asserts; they work on both interpreters."""

import json
import os
import socket

_ROOT = __file__.rsplit("/", 2)[0]
_FOLDER = _ROOT + "/../shared/telegrams/"

#: Clocks that stand in the telegram as time and date, 0.9.1 and 0.9.2, where its source reads none.
_CLOCKS = {"ams-iskraemeco-gh1037-1": "2025-10-02T22:25:53"}

try:
    import pytest

    def skip(message):
        """End this test (or, at the top of a file, this file) as skipped."""
        pytest.skip(message, allow_module_level=True)

except ImportError:  # MicroPython, where tests/run.py knows this exception

    class Skipped(Exception):
        pass

    def skip(message):
        """End this test (or, at the top of a file, this file) as skipped."""
        raise Skipped(message)


class raises:
    """`with raises(ValueError) as caught:`, then `caught.value` is the exception."""

    def __init__(self, kind):
        self.kind = kind
        self.value = None

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is None:
            raise AssertionError("%s was not raised" % self.kind.__name__)
        self.value = value
        return isinstance(value, self.kind)


def free_port(kind=socket.SOCK_STREAM):
    """A port of 127.0.0.1 that nobody listens on, of those that systems do not give to clients."""
    while True:
        number = 20000 + int.from_bytes(os.urandom(2), "big") % 12000
        probe = socket.socket(socket.AF_INET, kind)
        try:
            probe.bind(socket.getaddrinfo("127.0.0.1", number, 0, kind)[0][-1])
            return number
        except OSError:  # another test's
            pass
        finally:
            probe.close()


class Random:
    """The same numbers from the same seed on both interpreters (32-bit xorshift)."""

    def __init__(self, seed):
        self._state = (seed * 2654435761 + 88172645) & 0xFFFFFFFF or 1

    def bits(self, count):
        """An integer of `count` <= 32 random bits."""
        x = self._state
        x ^= x << 13 & 0xFFFFFFFF
        x ^= x >> 17
        x ^= x << 5 & 0xFFFFFFFF
        self._state = x
        return x >> (32 - count)

    def below(self, limit):
        """An integer from 0 to limit - 1 (limit up to 2**16 without a noticeable bias)."""
        return self.bits(32) % limit

    def between(self, low, high):
        """An integer from low to high, both included."""
        return low + self.below(high - low + 1)

    def choice(self, items):
        return items[self.below(len(items))]

    def bytes(self, count):
        return bytes(self.bits(8) for _ in range(count))


def telegrams(wanted=None, **equal):
    """Entries of the recorded telegrams for which wanted(entry) holds and all fields are `equal`.

    `telegrams(framing="hdlc", expect="decode")`. Skips where the recordings are not there.
    Where `partial` is true the messages name some fields only; null: the field has to be absent.
    """
    found = []
    for name in "telegrams.json", "telegrams-2.json":
        for entry in json.loads(_recorded(name)):
            entry["partial"] = name != "telegrams.json"
            if entry["id"] in _CLOCKS:
                entry["messages"][0]["ts"] = _CLOCKS[entry["id"]]
            if all(entry.get(name) == value for name, value in equal.items()):
                if wanted is None or wanted(entry):
                    found.append(entry)
    return found


def inputs(name):
    """The bytes of a file of recorded bytes, of a `.hex` file what its digits say. Skips where it is not there."""
    data = _recorded("inputs/" + name)
    return bytes.fromhex(data.decode().strip()) if name.endswith(".hex") else data


def _recorded(name):
    try:
        os.stat(_FOLDER + name)
    except OSError:
        skip("no recorded telegrams beside the project")
    with open(_FOLDER + name, "rb") as file:
        return file.read()


def raw(entry):
    """The bytes of a telegrams() entry as they came over the line."""
    if entry.get("hex"):
        return bytes.fromhex(entry["hex"])
    return entry["text"].encode()
