"""The ring of raw bytes: the newest ones in order, without new memory, also at its ends."""
import gc

from han.meter.line import told
from han.meter.line.capture import Capture
from tests.meter.anonymous.test_anonymise import LIST, NUMBER
from tests.meter.test_link import LINES, link, run
from tests.support import Random
from tests.wire.test_framer import hdlc


def test_the_newest_bytes_in_order():
    random = Random(4)
    capture = Capture()
    seen = b""
    for _ in range(300):
        data = random.bytes(random.below(513))
        capture.add(bytearray(data + b"not this"), len(data))
        seen = (seen + data)[-capture.size :]
        assert capture.raw() == seen


def test_a_full_ring_and_a_chunk_that_ends_with_it():
    capture = Capture()
    capture.add(b"x", 1)
    capture.add(bytes(capture.size - 1), capture.size - 1)
    assert capture.raw() == b"x" + bytes(capture.size - 1)
    capture.add(b"yz", 2)
    assert capture.raw() == bytes(capture.size - 2) + b"yz"
    capture.add(b"", 0)
    assert capture.raw() == bytes(capture.size - 2) + b"yz"


def test_it_takes_no_memory():
    if not hasattr(gc, "mem_alloc"):
        return  # CPython
    capture = Capture()
    chunk = bytearray(512)
    capture.add(chunk, 300)
    gc.collect()
    before = gc.mem_alloc()
    for _ in range(100):
        capture.add(chunk, 300)
    assert gc.mem_alloc() - before < 100


def test_the_meter_task_fills_it_with_whatever_comes():
    made, board, uart, bus = link(LINES[0], hdlc(LIST), 2500)
    run(made, board, 6)
    assert made.capture.raw() == hdlc(LIST) * 2
    uart.telegram = b"noise"
    run(made, board, 5)
    assert made.capture.raw() == hdlc(LIST) * 2 + b"noise" * 2


def test_it_is_given_up_while_all_is_well_and_back_with_a_fault():
    made, board, uart, bus = link(LINES[0], hdlc(LIST), 2500)
    run(made, board, 2.5 * (Capture.calm - 1))
    assert made.live.seq < Capture.calm and made.capture.there()
    run(made, board, 10)
    assert made.live.seq >= Capture.calm and made.capture.there() is None and made.capture.raw() == b""
    right = uart.telegram
    wrong = right[:40] + bytes((right[40] ^ 1,)) + right[41:]
    uart.telegram = wrong
    run(made, board, 6)  # the first one tells, the others are kept
    assert made.capture.raw()[-len(wrong) :] == wrong
    uart.telegram = right
    run(made, board, 2.5 * (Capture.calm + 2))
    assert made.capture.there() is None


def test_without_memory_for_it_the_meter_is_read():
    def full():
        raise MemoryError

    made, board, uart, bus = link(LINES[0], hdlc(LIST), 2500)
    made.capture.keep = full
    uart.telegram = b"~noise~" + hdlc(LIST)
    run(made, board, 6)
    assert made.live.seq


def test_what_leaves_has_no_numbers():
    made, board, uart, bus = link(LINES[0], hdlc(LIST), 2500)
    run(made, board, 6)
    for _ in range(2):
        left = told.anonymised(made.capture)
        assert NUMBER not in left and len(left) == 2 * len(hdlc(LIST))
        assert NUMBER in made.capture.raw()
