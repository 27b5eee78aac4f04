"""The twins of `gcm_fast.py` in ordinary Python. CPython runs them, and tests compare both."""

_R = 0xE1 << 120


def counters(blocks, n, first, nonce):
    """Fill n blocks of 16 bytes: the 12 bytes of the nonce, then a counter: first, first + 1 … (below 65536)."""
    for i in range(n):
        blocks[16 * i:16 * i + 16] = bytes(nonce[:12]) + (first + i).to_bytes(4, "big")


def xor(buf, start, key, at, end, size):
    """buf[start:end] ^= key[at:size]; see the twin in `gcm_fast.py`."""
    n = min(end - start, size - at)
    for i in range(n):
        buf[start + i] ^= key[at + i]
    return start + n


def nonce(known, at, buf, blocks, n):
    """Set the nonce for an APDU in buf, and fill n blocks; see the twin in `gcm_fast.py`."""
    title = bytes(buf[at[0]:at[0] + at[1]])
    counter = bytes(buf[at[3] - 4:at[3]])
    replayed = known[12] == len(title) and known[:len(title)] == title and bytes(known[8:12]) >= counter
    known[:13] = title + bytes(8 - len(title)) + counter + bytes((len(title),))
    counters(blocks, n, 1, known)
    return int(replayed)


def _times(x, y):
    """The product in GF(2^128), bit by bit as NIST SP 800-38D clause 6.3 defines it."""
    z = 0
    for i in range(127, -1, -1):
        if x >> i & 1:
            z ^= y
        y = y >> 1 ^ (_R if y & 1 else 0)
    return z


def _word(n):
    """The lowest 32 bits of n as a signed word, as an array('i') holds it."""
    n &= 0xFFFFFFFF
    return n - (n >> 31 << 32)


def ghash(state, start, end, table, buf, begun, clear):
    """Fold buf[start:end] into begun; see the twin in `gcm_fast.py`. H is the table's entry 8 (the polynomial 1)."""
    z = h = 0
    for i in range(4):
        z = z << 32 | begun[i] & 0xFFFFFFFF
        h = h << 32 | table[32 + i] & 0xFFFFFFFF
    for at in range(start, end, 16):
        block = bytes(buf[at:min(at + 16, end)])
        z = _times(z ^ int.from_bytes(block + bytes(16 - len(block)), "big"), h)
    if clear >= 0:
        z = _times(z ^ clear << 67 ^ max(0, end - start) << 3, h)
    for i in range(4):
        state[i] = _word(z >> 96 - 32 * i)


def differs(state, n, start, buf, mask):
    """0 where buf[start:start + n] is state ^ mask. Takes the same time wherever they differ."""
    found = 0
    for i in range(n):
        found |= state[i >> 2] >> 24 - 8 * (i & 3) & 0xFF ^ mask[i] ^ buf[start + i]
    return found
