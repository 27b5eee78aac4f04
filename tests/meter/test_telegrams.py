"""Every recorded telegram gives the values that independent decoders agree on, however it arrives."""
import gc

from han.meter.decoder import Decoder
from han.wire.framer import Framer
from han.wire.layers.gcm import Cipher
from han.wire.layers.unwrap import APDU

from tests.support import Random, raw, telegrams
from tools.fields import fields


MOST = 128  # bytes of heap that one telegram may take when others like it have come before


def _nothing(reading):
    pass


class Reader:
    """A framer and a decoder, as in the meter task."""

    def __init__(self, cipher=None):
        self.messages = []
        self.decoder = Decoder(lambda reading: self.messages.append(fields(reading)), cipher)
        self.framer = Framer(self.decoder.telegram)

    def read(self, entry, sizes):
        data = bytearray(raw(entry))
        if entry["framing"] == "raw-apdu":
            self.decoder.telegram(APDU, data, 0, len(data))
            return self
        at = 0
        while at < len(data):
            part = data[at:at + sizes()]
            self.framer.feed(part, len(part))
            at += len(part)
        self.framer.gap()
        return self


def same(got, want, entry):
    """True if the fields are the same; a partial entry names only some of them."""
    for name in set(want) if entry["partial"] else set(got) | set(want):
        if name in (entry.get("do_not_assert") or ()):
            continue
        if name == "meter_id" and got.get(name) in entry.get("meter_id_any_of", ()):
            continue
        a, b = got.get(name), want.get(name)
        if isinstance(a, float) or isinstance(b, float):
            assert a is not None and b is not None and abs(a - b) < 0.0005, (entry["id"], name, a, b)
        else:
            assert a == b, (entry["id"], name, a, b)


def cipher(entry, **replaced):
    """The cipher with the entry's published keys, None without."""
    security = dict(entry.get("security") or {})
    security.update(replaced)
    if not security.get("key"):
        return None
    auth_key = security.get("auth_key")
    return Cipher(bytes.fromhex(security["key"]), bytes.fromhex(auth_key) if auth_key else None)


def accepted(entry):
    return entry["expect"] in ("decode", "recover", "reject")


def check(entry, sizes):
    reader = Reader(cipher(entry)).read(entry, sizes)
    assert len(reader.messages) == len(entry["messages"]), (entry["id"], reader.messages)
    for got, want in zip(reader.messages, entry["messages"]):
        same(got, want, entry)


def test_valid_telegrams_decode():
    entries = telegrams(expect="decode")
    assert len(entries) > 100
    for entry in entries:
        check(entry, lambda: 4096)


def test_a_telegram_takes_hardly_any_memory():
    if not hasattr(gc, "mem_alloc"):
        return  # CPython
    for entry in telegrams(expect="decode", kind="valid"):
        if len(entry["messages"]) > 1 or entry["framing"] == "raw-apdu":
            continue
        decoder = Decoder(_nothing, cipher(entry))
        framer = Framer(decoder.telegram)
        data = raw(entry)
        for _ in range(8):
            framer.feed(data, len(data))
        if decoder.decoded < 8:
            continue  # it is not read without another one, or without a pause
        gc.collect()
        gc.disable()
        before = gc.mem_alloc()
        for _ in range(100):
            framer.feed(data, len(data))
        taken = gc.mem_alloc() - before
        gc.enable()
        assert taken <= 100 * MOST + 100, (entry["id"], taken // 100)


def test_damaged_streams_give_exactly_their_good_messages():
    for entry in telegrams(expect="recover"):
        check(entry, lambda: 4096)


def test_nothing_is_accepted_that_must_not_be():
    for entry in telegrams(expect="reject"):
        reader = Reader(cipher(entry)).read(entry, lambda: 4096)
        assert reader.messages == [], entry["id"]


def test_one_byte_at_a_time():
    for entry in telegrams(accepted):
        check(entry, lambda: 1)


def test_random_chunks():
    random = Random(5)
    for entry in telegrams(accepted):
        check(entry, lambda: random.between(1, 50))


def test_all_of_them_on_one_line():
    # Meters change, telegrams of every framing follow each other: nothing of one shows in the next.
    reader = Reader()
    wanted = []
    for entry in telegrams(lambda entry: not entry["encrypted"], expect="decode"):
        if entry["framing"] != "raw-apdu":
            before = len(reader.messages)
            reader.read(entry, lambda: 300)
            wanted.append((entry, reader.messages[before:]))
    for entry, got in wanted:
        assert len(got) == len(entry["messages"]), entry["id"]
        for a, b in zip(got, entry["messages"]):
            same(a, b, entry)


def test_without_a_key_it_says_encrypted():
    for entry in telegrams(expect="framing-only-no-key"):
        reader = Reader().read(entry, lambda: 4096)
        assert reader.messages == []
        header = reader.decoder.layers.ciphered
        security = entry["security"]
        assert header.title.hex() == security["system_title"], entry["id"]
        assert "%02x" % header.control == security["security_control"]
        assert reader.decoder.layers.encrypted >= 1
        assert reader.decoder.reason == "encrypted: no key"


def test_three_diagnoses_for_keys():
    for entry in telegrams(lambda entry: entry["encrypted"] and entry["security"].get("key"), expect="decode"):
        reader = Reader().read(entry, lambda: 4096)
        assert reader.decoder.reason == "encrypted: no key", entry["id"]
        reader = Reader(cipher(entry, key="00" * 16)).read(entry, lambda: 4096)
        assert (reader.messages, reader.decoder.reason) == ([], "key does not match"), entry["id"]
        if entry["security"].get("auth_key"):
            reader = Reader(cipher(entry, auth_key="00" * 16)).read(entry, lambda: 4096)
            assert (reader.messages, reader.decoder.reason) == ([], "authentication key does not match"), entry["id"]
            reader = Reader(cipher(entry, key="00" * 16)).read(entry, lambda: 4096)
            assert (reader.messages, reader.decoder.reason) == ([], "key does not match"), entry["id"]


def test_replayed_counters_are_counted():
    for entry in telegrams(lambda entry: entry["encrypted"] and entry["security"].get("key"), expect="decode"):
        reader = Reader(cipher(entry))
        reader.read(entry, lambda: 4096)
        assert reader.decoder.layers.cipher.replayed == 0
        reader.read(entry, lambda: 4096)
        assert reader.decoder.layers.cipher.replayed == 1, entry["id"]
        assert len(reader.messages) == 2
