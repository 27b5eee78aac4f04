"""What a reader keeps has a bound: the same telegrams with other texts take no more memory."""
from han.meter.besides.events import known
from han.meter.reading import ROWS
from han.wire.framer import Framer
from han.wire.layers.unwrap import LIST
from tests.fuzz.fullest import Maker
from tests.fuzz.fuzzer import Reader, memory
from tests.fuzz.sources import FULL
from tests.support import Random

_ROUNDS = 12


def _feed(reader, maker, random):
    for telegram in maker.telegrams():
        reader.feed(telegram, random)


def test_the_fullest_telegrams_reach_the_bounds():
    reader = Reader(FULL)
    _feed(reader, Maker(Random(1)), Random(2))
    decoder = reader.decoder
    layers = decoder.layers
    assert Framer.size - 1024 < len(reader.framer.buf) <= Framer.size
    assert len(decoder.rows) == 8 * ROWS
    assert [len(pieces.buf) for pieces in (layers.segments, layers.blocks.raw, layers.blocks.whole)] == [2048] * 3
    extra = reader.live.extra
    assert len(extra.buf) == 1024 and extra.peak_time
    assert [len(one.sent) for one in known(extra) if one.sent] == [1300] * 3 and known(extra)[0].seconds
    assert len(decoder._readers[LIST]._known) == 6
    assert [len(text) for text in decoder.reading.texts] == [64] * 6
    assert [len(text) for text in reader.live.texts] == [64] * 6
    assert not [text for text, other in zip(reader.live.texts, decoder.reading.texts) if text is other]


def test_nothing_grows_beyond_the_bounds():
    readers = [Reader(FULL) for _ in range(4)]  # so that growth shows that others cause in one reader now and then
    maker, random = Maker(Random(3)), Random(4)
    levels = []
    for _ in range(_ROUNDS):
        for reader in readers:
            _feed(reader, maker, random)
            reader.readings = []
        levels.append(memory())
    assert max(levels[2:]) <= levels[1] + 256, levels
