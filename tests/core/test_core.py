"""Bus, clock, identity, log and supervisor."""

import asyncio
import gc

from han.core.bus import Bus
from han.core.clock import EPOCH, Clock
from han.core.identity import identity, uuid5
from han.core.log import Log
from han.core.tasks import Supervisor
from tests.support import skip


class Board:
    """A board with nothing but time; its tick wraps after 2**30 ms, as the chip's."""

    def __init__(self, utc=None):
        self.now = 0
        self.utc = utc

    def ticks_ms(self):
        return self.now % (1 << 30)

    def ticks_diff(self, a, b):
        return (a - b + (1 << 29)) % (1 << 30) - (1 << 29)

    def utc_ms(self):
        return self.utc


# --- bus


async def test_a_mailbox_keeps_the_newest_of_each_topic_and_counts_the_rest():
    bus = Bus()
    box = bus.subscribe("a", "b")
    for number in range(5):
        bus.publish("a", number)
    bus.publish("b", "x")
    bus.publish("c", "nobody listens")
    assert await box.get() == ("a", 4)
    assert await box.get() == ("b", "x")
    assert box.dropped == 4
    assert bus.latest == {"a": 4, "b": "x", "c": "nobody listens"}
    assert bus.count["a"] == 5


async def test_a_busy_topic_does_not_starve_another():
    bus = Bus()
    box = bus.subscribe("a", "b")
    bus.publish("a", 1)
    bus.publish("b", 1)
    got = []
    for _ in range(4):
        got.append((await box.get())[0])
        bus.publish("a", 2)
        bus.publish("b", 2)
    assert got == ["a", "b", "a", "b"]


async def test_a_reader_that_waits_is_woken_and_may_be_cancelled():
    bus = Bus()
    box = bus.subscribe("a")
    task = asyncio.create_task(box.get())
    await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass
    task = asyncio.create_task(box.get())
    await asyncio.sleep(0)
    bus.publish("a", 7)
    assert await task == ("a", 7)


async def test_a_closed_mailbox_gets_nothing_more():
    bus = Bus()
    box, other = bus.subscribe("a"), bus.subscribe("a")
    box.close()
    box.close()
    for number in range(3):
        bus.publish("a", number)
    assert box.dropped == 0 and other.dropped == 2
    assert bus.boxes["a"] == [other]


# --- clock


def test_an_unknown_time_is_none():
    clock = Clock(Board())
    assert clock.utc() is None and clock.unix_ms() is None and clock.source is None


def test_the_boards_clock_serves_until_a_better_one_comes():
    board = Board(utc=(EPOCH + 5) * 1000 + 999)
    clock = Clock(board)
    assert (clock.utc(), clock.source) == (5, "board")
    clock.set(1000, "ntp")
    board.now += 2500
    assert (clock.utc(), clock.source) == (1002, "ntp")
    assert clock.unix_ms() == (EPOCH + 1000) * 1000 + 2500


def test_the_time_of_a_tick():
    board = Board()
    board.now = 5000
    clock = Clock(board)
    clock.set(100, "meter")
    tick = board.ticks_ms()
    board.now += 1234
    assert clock.unix_ms(tick) == (EPOCH + 100) * 1000
    assert clock.unix_ms() == (EPOCH + 100) * 1000 + 1234


def test_uptime_and_time_go_on_when_the_tick_wraps():
    board = Board()
    board.now = (1 << 30) - 1000
    clock = Clock(board)
    clock.set(0, "ntp")
    for _ in range(40):  # forty weeks less a bit
        board.now += 6 * 86400 * 1000
        assert clock.uptime_ms() == board.now - (1 << 30) + 1000
    assert clock.utc() == 40 * 6 * 86400


# --- identity


def test_identity_comes_from_the_mac():
    who = identity(b"\xaa\xbb\xcc\x0d\xee\xff")
    assert who.mac == "AA:BB:CC:0D:EE:FF"
    assert who.serial == "HANCC0DEEFF"
    assert who.name == "HAN-READER-0DEEFF"
    assert who.uuid == identity(b"\xaa\xbb\xcc\x0d\xee\xff").uuid != identity(b"\xaa\xbb\xcc\x0d\xee\xfe").uuid


def test_uuid5_is_that_of_the_rfc():
    # uuid.uuid5(uuid.NAMESPACE_URL, "http://python.org/") of CPython
    assert uuid5("http://python.org/") == "4c565f0d-3f5a-5890-b41b-20cf47701c5e"
    assert uuid5("urn:han-reader:HANCC0DEEFF")[14] == "5"
    assert uuid5("urn:han-reader:HANCC0DEEFF")[19] in "89ab"


# --- log


def test_the_log_forgets_the_oldest_and_keeps_the_end_of_a_long_text():
    shown = []
    log = Log(Clock(Board()), shown.append)
    assert log.entries() == []
    for number in range(1000):
        log.add("entry %d" % number)
        found = log.entries()
        assert [each[1:] for each in found] == [("info", "entry %d" % k) for k in range(number + 1)][-len(found) :]
    assert len(found) * 20 > log.size - 20
    log.add("ä" * 5000 + "end", "warning")
    uptime, level, text = log.entries()[-1]
    assert level == "warning" and text[:2] == "…ä" and text[-4:] == "äend" and uptime == log.entries()[0][0]
    assert log.length - 2 <= len(text.encode()) <= log.length + 3
    log.add("x" * log.length)
    assert log.entries()[-1][2] == "x" * log.length and log.entries()[-2][2] == text
    assert len(shown) == 1002


def test_an_entry_that_there_is_no_memory_for_leaves_the_others_whole():
    board = Board()
    clock = Clock(board)
    log = Log(clock)
    for number in range(200):
        log.add("entry %d" % number)
    before = log.entries()

    def full():
        raise MemoryError

    works, clock.uptime_ms = clock.uptime_ms, full
    for text in ("short", "x" * 5000):
        try:
            log.add(text)
            raise AssertionError(text)
        except MemoryError:
            pass
        assert log.entries() == before
    clock.uptime_ms = works
    log.add("again")
    assert log.entries()[-1][2] == "again"


def test_the_log_takes_its_memory_once():
    log = Log(Clock(Board()))
    log.add("the first")
    texts = ["network: wifi 192.168.7.%d" % k for k in range(200)]
    gc.collect()
    if not hasattr(gc, "mem_alloc"):
        skip("CPython does not tell what is allocated")
    before = gc.mem_alloc()
    for text in texts:
        log.add(text)
    gc.collect()
    assert gc.mem_alloc() - before < 200


def test_an_exception_is_logged_with_its_traceback():
    log = Log(Clock(Board()))
    kept = []
    log.keep = kept.append
    try:
        {}["lost"]
    except KeyError as error:
        log.crash("somewhere", error)
    _, level, text = log.entries()[-1]
    assert level == "error" and kept == [text]
    assert text.startswith("somewhere: Traceback") and "KeyError" in text and "test_core.py" in text


# --- supervisor


def supervisor(**times):
    board = Board()
    clock = Clock(board)
    made = Supervisor(clock, Log(clock))
    for name, value in times.items():
        setattr(made, name, value)
    return made, board


async def test_a_crashing_task_is_seen_and_started_again():
    boss, board = supervisor(first_ms=10, longest_ms=10)
    runs = []

    async def crash():
        runs.append(1)
        if len(runs) < 4:
            raise ValueError("number %d" % len(runs))
        await asyncio.sleep(60)

    service = boss.start("frail", crash)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (service.status, service.health, service.error) == ("restarting", "failed", "ValueError: number 1")
    await asyncio.sleep(0.3)
    assert len(runs) == 4 and service.restarts == 3
    assert (service.status, service.health, service.error) == ("running", "degraded", "ValueError: number 3")
    # After a minute without a crash the task is healthy again; its error stays readable.
    assert boss.rows()[0].health == "degraded"
    board.now += boss.settled_ms
    assert boss.rows()[0].health == "ok" and service.error == "ValueError: number 3"
    await boss.stop()
    assert service.status == "stopped"


async def test_the_wait_before_a_restart_doubles_up_to_its_limit():
    boss, board = supervisor(first_ms=20, longest_ms=80)
    starts = []

    async def crash():
        starts.append(len(starts))
        raise OSError(5)

    boss.start("frail", crash)
    await asyncio.sleep(0.4)
    await boss.stop()
    # 0, 20, 60, 140, 220, 300, 380
    assert 4 <= len(starts) <= 8, starts


async def test_a_task_that_ends_is_stopped_and_others_run_on():
    boss, _ = supervisor()
    beats = []

    async def once():
        pass

    async def beat():
        while True:
            beats.append(1)
            await asyncio.sleep(0.01)

    one = boss.start("once", once)
    boss.start("beat", beat)
    boss.set("other", "stopped", "disabled")
    await asyncio.sleep(0.05)
    assert one.status == "stopped" and one.health == "ok" and len(beats) > 1
    assert [(s.name, s.status) for s in boss.rows()] == [
        ("once", "stopped"),
        ("beat", "running"),
        ("other", "stopped"),
    ]
    await boss.stop()
    count = len(beats)
    await asyncio.sleep(0.03)
    assert len(beats) == count


async def test_stop_ends_a_task_that_waits_for_its_restart():
    boss, _ = supervisor(first_ms=60000)

    async def crash():
        raise RuntimeError("at once")

    service = boss.start("frail", crash)
    await asyncio.sleep(0.01)
    await asyncio.wait_for(boss.stop(), 1)
    assert service.restarts == 1


async def test_a_task_that_crashes_as_it_is_stopped_is_stopped():
    boss, _ = supervisor(first_ms=10)

    async def stubborn():
        try:
            await asyncio.sleep(60)
        finally:
            raise OSError(5)

    boss.start("stubborn", stubborn)
    await asyncio.sleep(0.01)
    await asyncio.wait_for(boss.stop(), 2)
    assert boss.services[0].task is None and "OSError" in boss.services[0].error


async def test_what_a_task_says_of_itself_stays():
    board = Board()
    supervisor = Supervisor(Clock(board), Log(Clock(board)))

    async def forever():
        while True:
            await asyncio.sleep(1)

    supervisor.start("prices", forever)
    await asyncio.sleep(0)
    supervisor.set("prices", "running", "degraded", "a provider does not answer")
    board.now += 3 * supervisor.settled_ms
    row = supervisor.rows()[0]
    assert (row.health, row.error) == ("degraded", "a provider does not answer")
    await supervisor.stop()


async def test_a_task_outlives_that_there_is_no_memory_to_tell_of_its_crash():
    clock = Clock(Board())
    log = Log(clock)
    boss = Supervisor(clock, log)
    boss.first_ms = boss.longest_ms = 10
    runs = []

    class Mute(Exception):
        def __str__(self):
            raise MemoryError

    def nowhere(text):
        raise MemoryError

    log.keep = nowhere

    async def crash():
        runs.append(1)
        raise Mute if len(runs) < 3 else MemoryError("for itself")

    service = boss.start("frail", crash)
    await asyncio.sleep(0.3)
    assert len(runs) > 3 and service.restarts >= 3
    await boss.stop()


# --- the watch


class Fed(Board):
    fed = 0

    def feed(self):
        self.fed += 1


async def watched(boss, board, seconds, look=lambda: None):
    """The watch's reason for a restart within some seconds; None if there is none."""
    watch = asyncio.create_task(boss.watch(board, look))
    try:
        return await asyncio.wait_for(watch, seconds)
    except asyncio.TimeoutError:
        return None


async def test_the_watchdog_is_fed_while_critical_tasks_live():
    boss, _ = supervisor(look_s=0.01, looks=5)
    board = Fed()
    beats = [0]
    looked = []

    async def alive():
        while True:
            beats[0] += 1
            await asyncio.sleep(0.001)

    async def idle():
        await asyncio.sleep(60)

    boss.start("alive", alive, lambda: beats[0])
    boss.start("idle", idle)  # not critical
    assert await watched(boss, board, 0.3, lambda: looked.append(1)) is None
    assert board.fed > 5 and len(looked) >= board.fed
    await boss.stop()


async def test_a_critical_task_that_hangs_starves_the_watchdog_and_starts_the_board_again():
    boss, _ = supervisor(look_s=0.01, looks=5)
    board = Fed()

    async def hang():
        await asyncio.sleep(60)

    service = boss.start("meter", hang, lambda: 7)
    assert await watched(boss, board, 2) == ("WATCHDOG", "meter")
    assert board.fed <= 7 and service.health == "failed" and "no sign of life" in service.error
    await boss.stop()


async def test_a_critical_task_that_waits_for_its_restart_is_not_dead():
    boss, _ = supervisor(first_ms=200, longest_ms=400, look_s=0.01, looks=5)
    board = Fed()

    async def crash():
        raise ValueError

    boss.start("meter", crash, lambda: 7)
    assert await watched(boss, board, 0.15) is None
    assert board.fed > 5, board.fed
    await boss.stop()


async def test_a_critical_task_that_never_runs_well_starts_the_board_again():
    boss, _ = supervisor(first_ms=10, longest_ms=40, look_s=0.01)

    async def crash():
        raise ValueError

    boss.start("frail", crash)  # this one may crash for ever
    assert await watched(boss, Fed(), 0.4) is None
    boss.start("meter", crash, lambda: 7)
    assert await watched(boss, Fed(), 2) == ("CRASH", "meter")
    await boss.stop()


async def test_a_task_that_did_not_hear_of_the_end_is_told_again():
    boss, _ = supervisor(end_s=0.05)
    told = []

    async def deaf():
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                told.append(1)
                if len(told) == 3:
                    raise

    boss.start("deaf", deaf)
    await asyncio.sleep(0)
    await asyncio.sleep(0.01)
    await boss.stop()
    assert len(told) == 3 and not boss.lives("deaf")


async def test_a_task_that_never_finds_memory_gets_what_can_be_had_and_then_a_new_start():
    boss, _ = supervisor(first_ms=10, longest_ms=40, look_s=0.01)
    relieved = []
    runs = []

    def relieve():
        relieved.append(1)
        raise MemoryError

    boss.relieve = relieve

    async def starve():
        runs.append(1)
        if len(runs) < 3:
            raise ValueError
        raise MemoryError

    boss.start("network", starve)
    assert await watched(boss, Fed(), 2) == ("CRASH", "network")
    assert 1 <= len(relieved) == len(runs) - 2
    await boss.stop()


async def test_the_first_reason_to_leave_counts_and_no_memory_is_no_reason():
    boss, _ = supervisor(look_s=0.01)
    board = Fed()
    looks = []

    def look():
        looks.append(1)
        if len(looks) < 5:
            raise MemoryError
        boss.leave("USER")
        boss.leave("CRASH", "later")

    assert await watched(boss, board, 2, look) == ("USER", None)
    assert len(looks) == 5
