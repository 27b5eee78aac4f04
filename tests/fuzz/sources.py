"""The telegrams to mutate, and to read after a mutated one: simulated, built and recorded."""
from han.meter.decoder import Decoder
from han.meter.obis import FIELDS
from han.wire.framer import HDLC, MBUS, P1, SML, Framer
from han.wire.layers.gcm import Cipher
from han.wire.layers.unwrap import LIST, Layers
from host_sim import house, meters
from tests.sim.meters.expected import expected

from tests.fuzz import frames
from tests.support import raw, telegrams
from tests.wire import test_sml
from tools.fields import fields

KEY = bytes(range(16))
AUTH_KEY = bytes(range(0xD0, 0xE0))
# Keys that a reader may know; the published keys of the recordings are added.
NO_KEY, FULL, UNTAGGED = None, (KEY, AUTH_KEY), (KEY, None)
_MIDNIGHT = 1767222000


class Source:
    """One telegram.

    content is the input of the layers above the framing: an APDU, P1 text up to its `!`, or SML messages. If `good` is
    true, a reader with these keys finds `values` in it, again and again.
    """

    def __init__(self, name, data, keys=NO_KEY):
        self.name = name
        self.data = data
        self.keys = keys
        self.kind = 0
        self.content = b""
        self.values = []
        self.good = False


class Tap(Decoder):
    """A decoder that keeps the contents of frames and ciphers."""

    def __init__(self, keys=NO_KEY):
        self.kind = 0
        self.content = b""
        self.values = []
        self.named = []
        super().__init__(self._keep, cipher(keys))
        self.layers = Seen(self)

    def _keep(self, reading):
        self.values.append(snapshot(reading))
        self.named.append(fields(reading))

    def telegram(self, kind, buf, start, end):
        self.kind = kind
        if kind == SML:
            self.content = bytes(buf[start + 8:end - 8])
        super().telegram(kind, buf, start, end)


class Seen(Layers):
    """The layers of a tap."""

    def __init__(self, tap):
        super().__init__(tap.reject, tap.layers.cipher)
        self._tap = tap

    def unwrap(self, layer, buf, start, end):
        inside = super().unwrap(layer, buf, start, end)
        start, end, front = self.place()
        content = bytes(self.buf[front:end])
        if inside == LIST:
            self._tap.content = content
        elif inside == P1 and start == front:
            self._tap.content = content[:content.rfind(b"!") + 1]
        return inside


def grouped(sources):
    """The sources grouped by framing, so that each framing gets its share of the work."""
    kinds = sorted(set([source.kind for source in sources]))
    return [[source for source in sources if source.kind == kind] for kind in kinds]


def cipher(keys):
    return Cipher(keys[0], keys[1]) if keys else None


def snapshot(reading):
    """All values of a reading."""
    said = [reading.get(field) for field in range(FIELDS)]
    return said + [reading.raw(slot) for slot in range(6)] + list(reading.time())


def prepare(source):
    """Find the values of a source; True if it can be decoded."""
    tap = Tap(source.keys)
    framer = Framer(tap.telegram)
    data = bytearray(source.data)
    framer.feed(data, len(data))
    source.kind = tap.kind
    source.content = tap.content
    source.values = list(tap.values)
    # Twice, and without silence behind it: this one can be told from what comes next.
    framer.feed(bytearray(source.data), len(data))
    source.good = len(source.values) > 0 and tap.values == source.values * 2
    return tap


def _simulated():
    for name in meters.NAMES:
        meter = meters.create(name)
        home = house.House(_MIDNIGHT)
        sizes = []
        for ms in range(0, 20001, meter.PERIOD_MS):
            state = home.state(_MIDNIGHT * 1000 + ms)
            data = meter.encode(state)
            if data and len(data) not in sizes:
                sizes.append(len(data))
                source = Source("%s-%d" % (name, len(data)), data)
                tap = prepare(source)
                assert source.good and tap.named[0] == expected(name, state), source.name
                yield source


def _layered(simulated):
    """The same lists in every layer that exists."""
    sealer = frames.Sealer(KEY, AUTH_KEY)
    lists = [source for source in simulated if source.kind in (HDLC, MBUS)]
    texts = [source for source in simulated if source.kind == P1]
    for i, source in enumerate(lists):
        apdu = source.content
        head = frames.HDLC_HEADS[i % len(frames.HDLC_HEADS)]
        full = sealer.seal(apdu, counter=i)
        yield source, "-segments", b"".join(frames.segments(frames.LLC + apdu, 3, head)), NO_KEY
        parts = [frames.hdlc(frames.LLC + part, head) for part in frames.blocks(apdu)]
        yield source, "-blocks", b"".join(parts), NO_KEY
        yield source, "-sealed", frames.hdlc(frames.LLC + full, head), FULL
        yield source, "-mbus", b"".join(frames.mbus_segments(full)), FULL
        yield source, "-untagged", frames.hdlc(frames.LLC + sealer.seal(apdu, control=0x20), head), UNTAGGED
        both = b"".join([frames.hdlc(frames.LLC + block, head) for block in frames.blocks(full)])
        yield source, "-sealed-blocks", both, UNTAGGED
    for source in texts:
        text = frames.p1(source.content)
        yield source, "-sealed", sealer.seal(text), FULL
        yield source, "-untagged", sealer.seal(text, control=0x20), UNTAGGED
        ident = text[:text.find(b"\n") + 1]
        lines = sealer.seal(text[len(ident) + 2:], b"", 0x30)[1:]
        yield source, "-ident", ident + lines + b"!\r\n", FULL


def _recorded():
    for entry in telegrams(lambda entry: entry["framing"] != "raw-apdu" and not entry.get("do_not_assert")):
        security = entry.get("security") or {}
        keys = NO_KEY
        if security.get("key"):
            auth_key = security.get("auth_key")
            keys = bytes.fromhex(security["key"]), bytes.fromhex(auth_key) if auth_key else None
        source = Source(entry["id"], raw(entry), keys)
        prepare(source)
        # A mutation may add a checksum that this meter never sends; from then on the reader expects it.
        if entry["framing"] == "p1" and not entry.get("encrypted") and b"!\r" in source.data:
            source.good = False
        source.good = source.good and entry["expect"] == "decode"
        yield source


def load():
    """All sources in the same order on both interpreters; without the recordings if they are not there."""
    found = list(_simulated())
    built = Source("sml", test_sml.GOOD)
    prepare(built)
    assert built.good
    for source, name, data, keys in list(_layered(found)):
        layered = Source(source.name + name, data, keys)
        prepare(layered)
        assert layered.good and layered.values == source.values, layered.name
        found.append(layered)
    found.append(built)
    try:
        found += _recorded()
    except BaseException as reason:  # pytest's skip is no Exception
        if type(reason).__name__ != "Skipped":
            raise
    return [source for source in found if len(source.data) <= 1600]
