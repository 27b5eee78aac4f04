"""The application on the chip's own board: the board has everything that the application uses."""

import asyncio
import time

from han.app import App
from han.meter.line.told import selectable

from tests.api.fake import _seed, ask, get
from tests.firmware import port
from tests.meter.anonymous.test_anonymise import LIST
from tests.wire.test_framer import hdlc


class Quick(App):
    def __init__(self, board):
        super().__init__(board)
        self.supervisor.look_s = 0.05


async def running(chip):
    """(application, its task) on a free port."""
    board = port.install(chip).Board(port.boot())
    for attempt in range(50):
        board.listen = "127.0.0.1", 20000 + (_seed() + attempt * 997) % 12000
        app = Quick(board)
        task = asyncio.create_task(app.run())
        for _ in range(300):
            if app.listening.is_set() or task.done():
                break
            await asyncio.sleep(0.01)
        if app.listening.is_set():
            return app, task
        try:
            await task
        except OSError:
            pass
    raise OSError("no free port")


async def ended(task):
    """True if the chip has restarted."""
    try:
        await asyncio.wait_for(task, 5)
    except port.Restart:
        return True
    return False


# Lives as long as the test.
async def tick():
    """Keep the chip's time in step with the host's."""
    while True:
        port.Time.now = int(time.time() * 1000)
        await asyncio.sleep(0.005)


async def test_a_telegram_becomes_a_reading_and_a_restart_keeps_its_reason():
    chip = port.Chip()
    ticking = asyncio.create_task(tick())
    app, task = await running(chip)
    uart = chip.uarts[2]
    # The line's first guess is as the board began; this meter speaks the second.
    assert uart.settings[:4] == selectable()[0][:4]
    for _ in range(100):
        uart.wire += hdlc(LIST)
        await asyncio.sleep(0.02)
        if app.link.live.seq:
            break
    reading = await get(app, "/meter")
    assert reading["type"] == "HAN_METER_MESSAGE" and reading["age"] >= 0
    state = await get(app, "/han")
    assert state["mac"] == "24:0A:C4:12:34:AB" and state["rebootReason"] == "POWER_ON"
    health = await get(app, "/health")
    assert health["hostname"] == "han-reader-34ab" and health["heap_size"] == 85000
    token = (await get(app, "/auth/token"))["accessToken"]
    answer = await ask(app, "/diagnostics", headers="Authorization: Bearer %s\r\n" % token)
    report = answer.json()
    assert (report["board"], report["chip"]) == ("devkit", "ESP32")
    assert report["poll"] == {"faults": 0, "dead": 0} and report["crashes"][0]["text"].endswith(": POWER_ON")
    assert report["systemHeap"] == {"size": 138016, "free": 68004, "minimum": 48004, "largest": 55000}
    for _ in range(100):
        if chip.fed:
            break
        await asyncio.sleep(0.02)
    assert chip.watchdog and chip.fed
    assert (await ask(app, "/reboot", "POST")).status == 200
    assert await ended(task)
    chip.restart()
    app, task = await running(chip)
    assert (await get(app, "/han"))["rebootReason"] == "USER"
    app.restart("USER")
    assert await ended(task)
    ticking.cancel()


async def test_a_chip_without_memory_starts_again():
    chip = port.Chip()
    ticking = asyncio.create_task(tick())
    app, task = await running(chip)
    chip.free = 3000
    assert await ended(task)
    assert chip.nvs["reset"] == b"CRASH"
    ticking.cancel()
