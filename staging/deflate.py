"""Compresses with a short window (RFC 1951, 1952), some percent smaller than zlib can.

Like zopfli it takes, of all ways to write the data, the cheapest by the codes that this way itself would get. Packages
that do so have a window of 32 kB, which the reader cannot spare when it decompresses.
"""

import collections
import heapq
import math
import struct
import zlib

#: Rounds in which the way and its codes follow each other: more of them hardly change it.
ROUNDS = 8
_SHORTEST, _LONGEST = 3, 258
_END = 256  # the symbol that ends a block
# Places tried for a border between two blocks, and the fewest symbols of a block.
_BORDERS, _FEWEST = 40, 200
_ORDER = 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15


def _symbols(first, number, group, last):
    """{value: (symbol, extra bits, value of these bits)} for values from `first` on, as in RFC 1951, 3.2.5."""
    table, value = {}, first
    for symbol in range(number):
        extra = max(0, symbol // group - 1)
        for bits in range(1 << extra):
            if value <= last:
                table[value] = symbol, extra, bits
                value += 1
    return table


_LENGTHS = {length: (257 + symbol, extra, bits) for length, (symbol, extra, bits) in _symbols(3, 28, 4, 257).items()}
_LENGTHS[_LONGEST] = 285, 0, 0
_DISTANCES = _symbols(1, 30, 2, 32768)


def _matches(data, window):
    """For each position [(length, distance), …] of what was there before: longer ones only if they are further away."""
    found, last, link = [], {}, []
    for at in range(len(data)):
        key = data[at : at + _SHORTEST]
        before, best, here = last.get(key, -1), _SHORTEST - 1, []
        link.append(before)
        last[key] = at
        most = min(_LONGEST, len(data) - at)
        far = max(0, at - window)
        while before >= far and best < most:
            if data.startswith(data[at : at + best + 1], before):
                best += 1
                while best < most and data[before + best] == data[at + best]:
                    best += 1
                here.append((best, at - before))
            before = link[before]
        found.append(here)
    return found


def _lengths(counts, most):
    """{symbol: bits of its code} for {symbol: count}, none longer than `most` bits."""
    if len(counts) < 2:
        counts = {**{0: 1, 1: 1}, **counts}  # a code has two symbols at least
    while True:
        heap = [(count, number, (symbol,)) for number, (symbol, count) in enumerate(sorted(counts.items()))]
        heapq.heapify(heap)
        bits, number = dict.fromkeys(counts, 0), len(heap)
        while len(heap) > 1:
            (one, _, left), (two, _, right) = heapq.heappop(heap), heapq.heappop(heap)
            for symbol in left + right:
                bits[symbol] += 1
            heapq.heappush(heap, (one + two, number, left + right))
            number += 1
        if max(bits.values()) <= most:
            return bits
        counts = {symbol: (count + 1) // 2 for symbol, count in counts.items()}


def _codes(bits):
    """{symbol: (code with its first bit lowest, bits)} of a canonical code."""
    codes, code, before = {}, 0, 0
    for length, symbol in sorted((length, symbol) for symbol, length in bits.items()):
        code <<= length - before
        before = length
        codes[symbol] = int(format(code, "0%db" % length)[::-1], 2), length
        code += 1
    return codes


class _Block:
    """Symbols of a piece of the data, and the codes that are best for them. tokens: (length, distance) or (0, byte)."""

    def __init__(self, tokens):
        self.tokens = tokens
        literal = collections.Counter(_LENGTHS[one][0] if one else two for one, two in tokens)
        literal[_END] += 1
        distance = collections.Counter(_DISTANCES[two][0] for one, two in tokens if one)
        self.literals, self.distances = _lengths(literal, 15), _lengths(distance, 15)
        self._head()
        extra = sum(_LENGTHS[one][1] + _DISTANCES[two][1] for one, two in tokens if one)
        self.size = extra + sum(bits for _, bits in self.head)
        self.size += sum(self.literals[symbol] * count for symbol, count in literal.items())
        self.size += sum(self.distances[symbol] * count for symbol, count in distance.items())

    def _head(self):
        """[(value, bits), …] that tell both codes (RFC 1951, 3.2.7)."""
        tables = []
        for table, least in ((self.literals, 257), (self.distances, 1)):
            tables.append([table.get(symbol, 0) for symbol in range(max(least, max(table) + 1))])
        flat, runs = tables[0] + tables[1], []
        while flat:
            run = next((n for n, each in enumerate(flat) if each != flat[0]), len(flat))
            if flat[0] == 0 and run > 2:
                run = min(run, 138)
                runs.append((17, run - 3, 3) if run < 11 else (18, run - 11, 7))
            elif run > 3:
                run = min(run, 7)
                runs += [(flat[0], 0, 0), (16, run - 4, 2)]
            else:
                run = 1
                runs.append((flat[0], 0, 0))
            del flat[:run]
        codes = _codes(_lengths(collections.Counter(symbol for symbol, _, _ in runs), 7))
        order = [codes.get(symbol, (0, 0))[1] for symbol in _ORDER]
        while len(order) > 4 and not order[-1]:
            order.pop()
        self.head = [(len(tables[0]) - 257, 5), (len(tables[1]) - 1, 5), (len(order) - 4, 4)]
        self.head += [(length, 3) for length in order]
        for symbol, value, extra in runs:
            self.head += [codes[symbol], (value, extra)]

    def costs(self):
        """Bits of each byte, length and distance, as lists. What the block lacks costs as if it were there once."""
        rare = math.log2(len(self.tokens) + 1)
        literals = [self.literals.get(byte, rare) for byte in range(256)]
        lengths = [0] * _SHORTEST
        for length in range(_SHORTEST, _LONGEST + 1):
            symbol, extra, _ = _LENGTHS[length]
            lengths.append(self.literals.get(symbol, rare) + extra)
        distances = [0] + [self.distances.get(symbol, rare) + extra for symbol, extra, _ in _DISTANCES.values()]
        return literals, lengths, distances

    def write(self, final):
        """[(value, bits), …] of the whole block."""
        yield final, 1
        yield 2, 2
        yield from self.head
        literals, distances = _codes(self.literals), _codes(self.distances)
        for one, two in self.tokens:
            if one:
                symbol, extra, bits = _LENGTHS[one]
                yield literals[symbol]
                yield bits, extra
                symbol, extra, bits = _DISTANCES[two]
                yield distances[symbol]
                yield bits, extra
            else:
                yield literals[two]
        yield literals[_END]


def _way(data, matches, start, end, costs):
    """The cheapest tokens for data[start:end]."""
    literals, lengths, distances = costs
    size = end - start
    cheapest = [0.0] + [math.inf] * size
    steps = [(0, 0)] * (size + 1)
    for at in range(size):
        cost = cheapest[at]
        byte = data[start + at]
        if cost + literals[byte] < cheapest[at + 1]:
            cheapest[at + 1] = cost + literals[byte]
            steps[at + 1] = 0, byte
        low = _SHORTEST
        for most, distance in matches[start + at]:
            far = cost + distances[distance]
            for length in range(low, min(most, size - at) + 1):
                if far + lengths[length] < cheapest[at + length]:
                    cheapest[at + length] = far + lengths[length]
                    steps[at + length] = length, distance
            low = most + 1
    tokens = []
    while size:
        tokens.append(steps[size])
        size -= steps[size][0] or 1
    return tokens[::-1]


def _split(block):
    """The blocks that a block is best divided into."""
    tokens, best = block.tokens, (block.size, [block])
    for n in range(1, _BORDERS):
        border = len(tokens) * n // _BORDERS
        if min(border, len(tokens) - border) >= _FEWEST:
            pair = [_Block(tokens[:border]), _Block(tokens[border:])]
            best = min(best, (pair[0].size + pair[1].size, pair), key=lambda each: each[0])
    return best[1] if best[1] == [block] else [part for half in best[1] for part in _split(half)]


def _again(data, matches, blocks):
    """The blocks with the way that is cheapest by their codes."""
    start, result = 0, []
    for block in blocks:
        end = start + sum(one or 1 for one, _ in block.tokens)
        result.append(_Block(_way(data, matches, start, end, block.costs())))
        start = end
    return result


def gzip(data, window):
    """`data` (bytes) as gzip that any decompressor reads that looks back `window` bytes (32768 at most)."""
    matches = _matches(data, window)
    guess = [8] * 256, [9] * (_LONGEST + 1), [8 + extra for _, extra, _ in [(0, 0, 0), *_DISTANCES.values()]]
    blocks = [_Block(_way(data, matches, 0, len(data), guess))]
    for turn in range(ROUNDS):
        blocks = _again(data, matches, blocks)
        if turn == ROUNDS // 2:
            blocks = _split(blocks[0])
    packed, value, held = bytearray(), 0, 0
    for block in blocks:
        for piece, bits in block.write(block is blocks[-1]):
            value |= piece << held
            held += bits
            while held > 7:
                packed.append(value & 255)
                value >>= 8
                held -= 8
    if held:
        packed.append(value)
    head = struct.pack("<HBBIBB", 0x8B1F, 8, 0, 0, 2, 255)
    return head + packed + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)
