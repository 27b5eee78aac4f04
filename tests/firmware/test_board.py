"""firmware/board.py on look-alikes of MicroPython's ESP32 port."""

from han.store.certificates import authority, own
from han.store.config import Config
from han.store.flash import CONFIGURATION, Region
from tests.firmware import port
from tests.support import raises

_BOARDS = (
    "devkit", "devkit-wrover", "wt32-eth01", "esp32-poe", "esp32-poe-wrover", "ethernet-kit",
    "s3-devkit", "s3-eth", "p1-ultra", "c3-devkit", "xiao-c3", "c6-devkit", "xiao-c6",
)  # fmt: skip


def kind(name):
    """Name of the chip of a board."""
    if name.startswith(("s3", "p1")):
        return "ESP32-S3"
    return "ESP32-C3" if "c3" in name else "ESP32-C6" if "c6" in name else "ESP32"


def made(chip=None, name=None, boot=None, machine=None):
    """(the chip, a board on it). machine: the interpreter's name of the chip; default: the right one for the board."""
    chip = chip or port.Chip()
    module = port.install(chip)
    if name:
        chip.nvs["board"] = name.encode()
    machine = machine or "HAN reader with " + kind(name or "")
    for other in port.PINS:
        if other[-2:] in machine:

            class Pin(port.PinOther):
                _chip = chip
                numbers = port.PINS[other]

            module.machine.Pin = module.Pin = Pin
    __import__("begin").MACHINE = machine
    return chip, module.Board(boot or port.boot())


# --- the line


def test_the_uart_listens_with_a_buffer_that_outlasts_a_scan():
    chip, board = made()
    board.uart.configure(115200, 8, None, 1, True)
    uart = chip.uarts[2]
    assert uart.settings == (115200, 8, None, 1, uart.INV_RX) and uart.pins == (17, 16) and uart.rxbuf == 8192
    board.uart.configure(2400, 8, 0, 1, False)
    assert chip.uarts[2] is uart and uart.settings == (2400, 8, 0, 1, 0)
    assert uart.rxbuf == 8192 and uart.installed == 1  # not taken from the system's heap again


def test_reading_a_silent_line_is_zero_bytes():
    chip, board = made()
    board.uart.configure(115200, 8, None, 1, True)
    buf = bytearray(8)
    assert board.uart.readinto(buf) == 0
    chip.uarts[2].wire = b"0123456789"
    assert board.uart.readinto(buf) == 8 and buf == b"01234567"
    assert board.uart.readinto(buf) == 2 and buf[:2] == b"89"
    assert not board.uart.any_setting


def test_other_settings_forget_what_came_with_the_old_ones():
    chip, board = made()
    board.uart.configure(115200, 8, None, 1, True)
    chip.uarts[2].wire = bytes(8000)
    board.uart.configure(9600, 8, None, 1, False)
    assert board.uart.readinto(bytearray(8)) == 0


def test_a_line_that_rests_at_the_wrong_level_says_so_with_each_setting():
    chip, board = made()
    board.uart.configure(115200, 8, None, 1, True)
    for level in 0, 1, 0:
        chip.uarts[2].level = level
        for inverted in True, True, False, False, True:
            board.uart.configure(2400, 8, 0, 1, inverted)
            buf = bytearray(8)
            assert board.uart.readinto(buf) == (inverted != (not level)) and not buf[0]


def test_the_meter_is_asked_for_data():
    chip, _ = made()
    assert chip.pins[4].mode == port.Pin.OUT and chip.pins[4].value() == 1
    chip, _ = made(name="p1-ultra")  # its hardware turns the request round
    assert chip.pins[17].mode == port.Pin.OUT and chip.pins[17].value() == 0


# --- why it started


def test_the_chips_reset_causes_in_the_words_of_the_api():
    causes = (1, "POWER_ON"), (2, "CRASH"), (3, "WATCHDOG"), (4, "POWER_ON"), (5, "USER"), (0, "POWER_ON")
    for cause, reason in causes:
        chip = port.Chip()
        chip.cause = cause
        assert made(chip)[1].reset_reason == reason


def test_a_reason_given_outlives_the_restart_once():
    chip, board = made()
    with raises(port.Restart):
        board.reset("CONFIGURATION")
    chip.restart()
    assert made(chip)[1].reset_reason == "CONFIGURATION"
    chip.restart()
    assert made(chip)[1].reset_reason == "CRASH"
    chip.restart(1)
    assert made(chip)[1].reset_reason == "POWER_ON"


def test_what_kept_an_application_from_being_made_is_known_to_the_next_start_alone():
    chip, board = made(boot=port.boot(manifest={"version": "1.1.0.0"}))
    assert board.last_words == ""
    for message, words in (("x" * 200, "x" * 76), ("no módulo", "no módulo")):
        board.died(ValueError(message))
        chip.restart()
        board = made(chip, boot=port.boot(manifest={"version": "1.1.0.0"}))[1]
        assert board.last_words == "1.1.0.0 ValueError: " + words
        chip.restart()
        assert made(chip)[1].last_words == ""
    chip, board = made(boot=port.boot(manifest=None))
    board.died(MemoryError())
    chip.broken_nvs = "full"
    board.died(ImportError("not kept"))
    chip.restart()
    assert made(chip)[1].last_words == "? MemoryError: "


def test_a_board_starts_and_restarts_without_its_nvs():
    for fault in ("full", "damaged"):
        chip, board = made()
        chip.nvs["reset"] = b"CONFIGURATION"
        chip.broken_nvs = fault
        with raises(port.Restart):
            board.reset("USER")
        chip.restart()
        chip.broken_nvs = fault
        board = made(chip)[1]
        assert board.reset_reason == ("CONFIGURATION" if fault == "full" else "CRASH")
        assert board.name == "devkit" and board.hostname == "han-reader-34ab"


def test_an_update_that_did_not_prove_itself_is_told():
    boot = port.boot(rolled_back="no network")
    chip, board = made(boot=boot)
    assert board.reset_reason == "OTA_ROLLBACK" and board.boot["slot"] == "slot1"


def test_only_an_application_on_probation_is_confirmed():
    calls = []
    boot = port.boot(pending=True, healthy=lambda: calls.append(1))
    chip, board = made(boot=boot)
    board.confirm()
    assert chip.confirmed and not boot["pending"] and calls == [1]
    chip.confirmed = False
    board.confirm()
    # After set_boot() this would confirm the other, unproven slot.
    assert not chip.confirmed and calls == [1, 1]


def test_the_watchdog_waits_from_the_first_feeding_on():
    chip, board = made()
    assert chip.watchdog is None
    board.feed()
    board.feed()
    assert chip.watchdog >= 30000 and chip.fed == 2


# --- flash and memory


def test_partitions_are_found_by_label():
    chip, board = made()
    assert board.partition("state").info()[4] == "state"
    assert board.partition("state") is board.partition("state")
    with raises(OSError) as caught:
        board.partition("nothing")
    assert "nothing" in str(caught.value)
    running, other = board.slots()
    assert running._label == "ota_0" and other._label == "ota_1"
    chip.apps = ["factory"]
    with raises(OSError):
        board.slots()


def test_both_heaps_have_figures():
    chip, board = made()
    # The system's largest block, which Python could take next, does not count as Python's.
    assert board.heap() == (85000, 35000, 35000)
    chip.free = 80000
    board.heap()
    chip.free = 100000
    assert board.heap() == (95000, 45000, 25000)
    assert board.system_heap() == (138016, 68004, 48004, 55000)


# --- network


def test_what_needs_the_systems_memory_takes_it_before_the_application_comes():
    chip, board = made(name="wt32-eth01")
    assert chip.uarts[2].rxbuf == 8192 and chip.wlans == [0] and chip.lan
    board.uart.configure(2400, 8, 0, 1, False)
    board.wlan("sta")
    board.lan()
    assert chip.uarts[2].installed == 1 and chip.wlans == [0]


def test_pythons_heap_takes_its_second_area_before_wifi_comes():
    chip = port.Chip()
    module = port.install(chip)
    begin = __import__("begin")
    taken = []

    def area(size):
        taken.append((size, list(chip.wlans)))
        if size > largest:
            raise MemoryError

    largest = 100000
    begin.bytearray = area
    board = module.Board(port.boot())
    assert taken == [(62 * 1024, [])] and chip.wlans == [0]
    # Three languages of other systems need more.
    config = Config(Region(board.partition("state"), *CONFIGURATION))
    for names, size in (("mqtt", "modbus", "metrics"), 62), (("mqtt", "modbus", "shelly"), 70):
        config.change({"out": {name: {"on": True} for name in names}})
        module.Board(port.boot())
        assert taken.pop()[0] == size * 1024
    # TLS needs the system's memory. More than the first area of 56 kB has free beside what runs by then, less than a
    # second one of its size holds.
    for certificate in own, authority:
        certificate(board.partition("state")).save(b"a certificate")
        module.Board(port.boot())
        chip.contents.clear()
    assert [size for size, _ in taken[1:]] == [50 * 1024] * 2
    # Flash without a certificate, and none that can be read.
    module.Board(port.boot())
    del chip.partitions["state"]
    module.Board(port.boot())
    assert [size for size, _ in taken[3:]] == [62 * 1024] * 2
    # There is no such block: a smaller one, else there is one area.
    for largest, sizes in (60000, [62 * 1024, 50 * 1024]), (0, [62 * 1024, 50 * 1024]):
        taken.clear()
        assert module.Board(port.boot()).heap()
        assert [size for size, _ in taken] == sizes


def test_an_application_that_cannot_be_imported_does_not_keep_the_board_from_being_made():
    port.install(port.Chip())
    begin = __import__("begin")

    def broken(name):
        raise ImportError(name)

    assert begin.most(broken) == 1


def test_wifi_is_not_active_before_it_is_asked_for():
    chip, board = made()
    sta = board.wlan("sta")
    assert sta.interface == sta.IF_STA and board.wlan("sta") is sta and not sta.active()
    assert board.wlan("ap").interface == sta.IF_AP and not board.wlan("ap").active()


def test_the_name_is_the_boards():
    chip, board = made()
    board.set_hostname("meter-cellar")
    assert board.hostname == chip.hostname == "meter-cellar"
    with raises(ValueError):
        board.set_hostname("x" * 33)
    assert board.hostname == "meter-cellar"


def test_names_come_with_flash_bin_and_stay_when_its_files_are_gone():
    chip = port.Chip()
    module = port.install(chip)
    given = ['{"board": "wt32-eth01", "name": "meter-cellar", "s": true}', None, "{"]

    class Provisioned(module.Board):
        def provisioned(self):
            return given[0]

    board = Provisioned(port.boot())
    assert (board.name, board.hostname) == ("wt32-eth01", "meter-cellar")
    while given.pop(0) and given:
        board = Provisioned(port.boot())
        assert (board.name, board.hostname) == ("wt32-eth01", "meter-cellar")
    for text in (None, "{", "[]", '{"board": 5, "name": null}'):
        chip.nvs = {}
        given[:] = [text]
        board = Provisioned(port.boot())
        assert board.name == "devkit" and board.hostname == "han-reader-34ab", text


def test_the_release_says_whom_to_ask_for_updates():
    for manifest, found in (
        (None, (None, "release", None)),
        ({"version": "1.0.0.0"}, (None, "release", None)),
        ({"updates": "https://a.b", "channel": "beta", "authority": "MIIB"}, ("https://a.b", "beta", "MIIB")),
    ):  # fmt: skip
        _, board = made(boot=port.boot(manifest=manifest))
        assert (board.updates, board.channel, board.authority) == found


def test_an_image_with_files_needs_both_that_start_it():
    chip = port.Chip()
    module = port.install(chip)
    there = []

    class Os:
        def stat(self, path):
            if path not in there:
                raise OSError(2)
            return (0x8000,)

    kept, module.os = module.os, Os()
    try:
        for free, psram in ((90000, False), (4000000, True)):
            chip.free = free
            boot = port.boot()
            board = module.Board(boot)
            assert board.psram is psram and not boot["safe"]
            for files in ([], ["/boot.py"], ["/main.py"], ["/boot.py", "/main.py"]):
                there[:] = files
                why = board.no_files()
                if psram and len(files) == 2:
                    assert why is None
                else:
                    assert ("needs boot.py and main.py" if psram else "needs a board with PSRAM") in why, (files, why)
            # One that has been started all the same is in safe mode, see main.py and han/safe.py.
            for manifest in ({"files": {}}, {}, None):
                boot = port.boot(manifest=manifest)
                module.Board(boot)
                assert boot["safe"] is (not psram and bool(manifest)), (manifest, psram)
    finally:
        module.os = kept


def test_https_is_for_images_that_have_the_memory():
    assert made()[1].secure_port is None
    chip = port.Chip()
    module = port.install(chip)
    module.FROZEN = True
    assert module.Board(port.boot()).secure_port == 443
    chip.free = 4000000  # PSRAM
    assert made(chip)[1].secure_port == 443


def test_boards_without_ethernet_say_so():
    assert made()[1].lan() is None


def test_five_sockets_are_for_names_requests_and_errands():
    assert made()[1].sockets - made()[1].own_sockets == 5


def test_ethernet_of_each_kind():
    chip, board = made(name="wt32-eth01")
    lan = board.lan()
    assert lan.pins == {"mdc": 23, "mdio": 18, "power": 16, "clock": 0}
    assert lan.settings == (port.Network.PHY_LAN8720, 1, port.Pin.IN, None)
    assert board.lan() is lan
    chip, board = made(name="esp32-poe")
    assert board.lan().pins == {"mdc": 23, "mdio": 18, "power": 12, "clock": 17}
    assert board.lan().settings == (port.Network.PHY_LAN8720, 0, port.Pin.OUT, None)
    chip, board = made(name="ethernet-kit")
    assert board.lan().settings[0] == port.Network.PHY_IP101
    chip, board = made(name="s3-eth")
    assert board.lan().pins == {"cs": 14, "int": 10, "reset": 9}
    assert board.lan().settings == (port.Network.PHY_W5500, 0, -1, (1, 13, 11, 12))


def test_ethernet_that_cannot_be_had_is_asked_for_once_and_wifi_is_there():
    for fault in (
        OSError("esp_eth_driver_install failed"),  # the PHY does not answer
        ValueError("invalid phy type"),
        AttributeError("'module' object has no attribute 'PHY_LAN8720'"),  # an image without the driver
    ):
        chip = port.Chip()
        chip.lan_fault = fault
        chip, board = made(chip, "wt32-eth01")
        for _ in range(2):
            with raises(OSError) as caught:
                board.lan()
            assert str(fault) in str(caught.value)
        assert chip.lans == 1 and board.wlan("sta") and chip.wlans == [0]


# --- button, light, pins


def test_the_button_pulls_down():
    chip, board = made()
    assert not board.button()
    chip.pins[0].value(0)
    assert board.button()


def test_the_light():
    chip, board = made()
    assert chip.pins[2].value() == 0
    board.led(True)
    assert chip.pins[2].value() == 1
    board.led(False)
    assert chip.pins[2].value() == 0
    chip, board = made(name="s3-devkit")
    board.led(True)
    board.led(False)
    assert [number for number, _ in chip.lights] == [48, 48] and chip.lights[0][1] != chip.lights[1][1] == b"\0\0\0"
    made(name="esp32-poe")[1].led(True)  # has none


def test_every_board_starts_and_no_pin_does_two_things():
    for name in _BOARDS:
        chip, board = made(name=name)
        assert board.name == name
        board.uart.configure(115200, 8, None, 1, True)
        lan = board.lan()
        number, uart = list(chip.uarts.items())[0]
        assert number < (2 if "-C" in board.chip else 3), name  # the C3 and the C6 have two
        if board.spare_uart:
            plug = board.plug()
            other = chip.uarts[board.spare_uart[0]]
            assert other is not uart and other.pins == board.spare_uart[1:]
            assert chip.pins[other.pins[1]].mode == port.Pin.IN and plug.idle()
        used = list(chip.pins) + list(uart.pins) + [other.pins[0] for other in chip.uarts.values() if other is not uart]
        assert not set(used) & set(port.CONSOLE[board.chip]), name
        if lan:
            used += list(lan.pins.values())
            if lan.settings[3]:
                used += lan.settings[3][1:]
            else:
                used += [19, 21, 22, 25, 26, 27]  # RMII's own
        assert len(used) == len(set(used)), (name, sorted(used))


def test_a_plug_sends_what_a_p1_port_would():
    chip, board = made()
    assert board.spare_uart == (1, 25, 26)
    plug = board.plug()
    uart = chip.uarts[1]
    assert uart.settings[:1] == (115200,) and uart.settings[4] == uart.INV_TX and uart.pins == (25, 26)
    assert plug.asked()  # with nothing at its request pin
    chip.pins[26].value(0)
    assert not plug.asked()
    for _ in range(2):
        assert plug.idle()
        plug.write(bytes(1024))
        assert not plug.idle()
        uart.sending = 0
    assert uart.sent == bytes(2048)
    plug.close()
    assert not uart.living
    board.plug()  # and again
    assert chip.uarts[1].living and chip.uarts[2].living


def test_boards_without_a_third_uart_or_free_pins_have_no_plug():
    for name in "p1-ultra", "c3-devkit", "xiao-c3", "c6-devkit", "xiao-c6":
        assert made(name=name)[1].spare_uart is None, name


def test_a_board_that_is_not_known_or_has_another_chip_is_taken_for_the_default():
    for name in ("toaster", "s3-devkit"):  # the latter has a light on pin 48
        chip = port.Chip()
        chip.nvs["board"] = name.encode()
        board = port.install(chip).Board(port.boot())
        assert board.name == "devkit" and chip.pins[2].mode == port.Pin.OUT, name
        assert board.uart.readinto(bytearray(8)) == 0 and list(chip.uarts) == [2]


def test_a_name_that_is_too_long_for_the_network_is_cut():
    chip = port.Chip()
    chip.nvs["name"] = b"a-reader-whose-owner-likes-long-names"
    board = made(chip)[1]
    board.set_hostname(board.hostname)
    assert chip.hostname == "a-reader-whose-owner-likes-long-"


def test_the_chip_is_told_from_the_interpreters_name():
    assert made()[1].chip == "ESP32" and made(name="s3-eth")[1].chip == "ESP32-S3"
    for machine, chip, name in (
        ("HAN reader with ESP32", "ESP32", "devkit"),
        ("HAN reader with ESP32-S3", "ESP32-S3", "s3-devkit"),
        ("Generic ESP32S3 module with ESP32S3", "ESP32-S3", "s3-devkit"),
        ("HAN reader with ESP32-C3", "ESP32-C3", "c3-devkit"),
        ("HAN reader with ESP32-C6", "ESP32-C6", "c6-devkit"),
    ):
        board = made(machine=machine)[1]
        assert (board.chip, board.name) == (chip, name), machine
    assert made()[1].mac == b"\x24\x0a\xc4\x12\x34\xab"


def test_the_console_takes_what_has_come_and_never_waits():
    chip, board = made()
    assert board.console.read() == b"" and not board.console.addressed
    chip.typed = b"IMPROV\x01" + bytes(100)
    assert board.console.read() == b"IMPROV\x01" + bytes(57) and len(board.console.read()) == 43
    board.console.write(b"\nIMPROV")
    assert chip.said == b"\nIMPROV"
    board.console.interrupts(False)
    assert chip.interrupts == -1
    board.console.interrupts(True)
    assert chip.interrupts == 3


def test_who_calls_on_the_console_is_expected_after_the_restart_and_only_then():
    chip, board = made()
    chip.typed = b"\r"
    assert not board.console.calls()
    chip.typed = b"IMPROV\x01\x02\x02\x00\xe5\n"  # its type was Ctrl-C, and is gone
    assert board.console.calls()
    chip.restart()
    assert made(chip)[1].console.addressed
    chip.restart()
    assert not made(chip)[1].console.addressed


def test_time():
    _, board = made()
    before = board.ticks_ms()
    port.Time.now += 1000
    assert board.ticks_ms() < before and board.ticks_diff(board.ticks_ms(), before) == 1000
    assert board.utc_ms() is None
    assert len(board.random(16)) == 16 and board.random(16) != board.random(16)
