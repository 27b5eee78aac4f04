"""What flash cells look like after power failed in the middle of an operation; all by chance, from the seed."""


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


def _random(power):
    return _Random(power.seed * 65537 + power.operations)


def interrupt_erase(partition, at, size, power):
    """Some cells are erased, some are as they were, some have lost a few zeros. Raises PowerCut."""
    random = _random(power)
    cells = bytearray(256)
    for chunk in range(0, size, len(cells)):
        partition.load(at + chunk, cells)
        strength = random.below(3)
        for n in range(len(cells) if strength else 0):
            cells[n] |= 0xFF if strength == 2 else random.below(256)
        partition.store(at + chunk, cells)
    power.check()


def interrupt_program(partition, at, view, power):
    """Bytes are programmed in order: some are, of one some bits are, the rest is as it was. Raises PowerCut."""
    random = _random(power)
    done = random.below(len(view) + 1)
    cell = bytearray(1)
    for n in range(done):
        partition.clear(at + n, view[n : n + 1], cell)
    if done < len(view):
        partition.clear(at + done, bytes((view[done] | random.below(256),)), cell)
    power.check()
