"""The checksum of an image's segments in ordinary Python: the twin of `fold_fast.py` for interpreters without viper."""


def fold(buf, start, end, total):
    """XOR of all bytes of buf[start:end] and the byte `total`."""
    for byte in memoryview(buf)[start:end]:
        total ^= byte
    return total
