"""Power that fails in the middle of a flash operation. A seed decides the contents of the cells afterwards."""


class PowerCut(BaseException):
    """The power has failed. It is no Exception, so that no handler of the application catches it."""


class Power:
    """The power supply of the flash (`partition.power = power`): counts the operations, and can fail during one.

    cut_after  number of operations that still complete; the next one is interrupted. None: never.
    """

    def __init__(self, seed=1, cut_after=None):
        self.operations = 0
        self.cut_after = cut_after
        self.on = True
        self._seed = seed

    def restore(self, cut_after=None):
        """Power is back. cut_after: number of further operations that complete, None: all."""
        self.on = True
        self.cut_after = None if cut_after is None else self.operations + cut_after

    def check(self):
        """Raises PowerCut while there is no power."""
        if not self.on:
            raise PowerCut("no power")

    def erase(self, partition, at, size):
        """Called before a sector is erased. If interrupted, parts of it are erased, unchanged, or have lost some zeros.

        Raises PowerCut then.
        """
        if self._goes_on():
            return
        random = _Random(self._seed * 65537 + self.operations)
        cells = bytearray(256)
        for chunk in range(0, size, len(cells)):
            partition.load(at + chunk, cells)
            strength = random.below(3)
            for n in range(len(cells) if strength else 0):
                cells[n] |= 0xFF if strength == 2 else random.below(256)
            partition.store(at + chunk, cells)
        self.check()

    def program(self, partition, at, data):
        """Called before bytes are programmed. If interrupted, the first bytes are programmed and some bits of the next.

        Raises PowerCut then.
        """
        if self._goes_on():
            return
        random = _Random(self._seed * 65537 + self.operations)
        done = random.below(len(data) + 1)
        cell = bytearray(1)
        for n in range(done):
            partition.clear(at + n, data[n : n + 1], cell)
        if done < len(data):
            partition.clear(at + done, bytes((data[done] | random.below(256),)), cell)
        self.check()

    def _goes_on(self):
        self.check()
        self.on = self.cut_after is None or self.operations < self.cut_after
        self.operations += self.on
        return self.on


class _Random:
    """xorshift32: the same sequence from the same seed on both interpreters."""

    def __init__(self, seed):
        self._state = seed * 2654435761 + 1 & 0xFFFFFFFF or 1

    def below(self, limit):
        x = self._state
        x ^= x << 13 & 0xFFFFFFFF
        x ^= x >> 17
        x ^= x << 5 & 0xFFFFFFFF
        self._state = x
        return x % limit
