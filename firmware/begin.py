"""Sets up a Board at its start: its names, why the chip has started, and its pins. Forgotten after that."""

import json
import sys

import machine
import network
from machine import Pin
from pins import DEFAULTS, pins

MACHINE = getattr(sys.implementation, "_machine", "")  # such as "Generic ESP32S3 module with ESP32S3"

#: Sizes of an object that fits only in a second area of Python's heap, which then is 2 kB larger, but no smaller than
#: the first one: MICROPY_GC_INITIAL_HEAP_SIZE in boards/common/board.h. The first one has room for all languages of
#: other systems, the second one for two of them. With the third one, the system's heap has room for connections over
#: TLS that last.
_SECOND_AREA = 70 * 1024, 62 * 1024, 50 * 1024
_FEW = 2  # languages
#: Characters; MicroPython's port does not take more.
_LONGEST_NAME = 32


def begin(board, settings, links, Uart, kept, once):
    """Set the attributes of a Board that stay the same until the next start.

    settings           the image's manifest
    links              the board's dict for its network interfaces, by kind
    Uart, kept, once   the class and the functions of board.py
    """
    board.updates = settings.get("updates")
    board.channel = settings.get("channel", "release")
    board.authority = settings.get("authority")
    board.chip = _chip()
    board.mac = machine.unique_id()
    board.hostname = (_given(board, "name", kept) or "han-reader-" + board.mac.hex()[8:])[:_LONGEST_NAME]
    board.reset_reason = _reason(board, once("reset"))
    board.last_words = once("died")
    board.name = _given(board, "board", kept) or DEFAULTS[board.chip]
    try:
        lan = _wire(board, pins(board.name), Uart)
    except ValueError:  # there is no such board, or it has pins that this chip does not have
        board.name = DEFAULTS[board.chip]
        lan = _wire(board, pins(board.name), Uart)
    # Let Python's heap take its second area before WiFi starts. Later it takes the largest block that WiFi has left.
    for size in _SECOND_AREA[most(board.partition) :]:
        try:
            bytearray(size)
            break
        except MemoryError:
            pass  # there is no such block: try a smaller one, else Python goes on with one area
    try:
        board.wlan("sta")
    except (OSError, RuntimeError):
        pass  # the error comes again when the interface is used
    if lan:
        try:
            links["lan"] = network.LAN(**_arguments(lan))
        except (OSError, ValueError, AttributeError, RuntimeError) as error:
            links["lan"] = OSError(str(error))  # kept, as a second attempt would only leak more memory


# The place in _SECOND_AREA of the most that Python's heap may take.
def most(partition):
    try:
        from han.store.certificates import authority, own
        from han.store.config import Config
        from han.store.flash import CONFIGURATION, Region

        state = partition("state")
        if any([copies(state).load() is not None for copies in (own, authority)]):
            return 2  # https, or a broker with TLS
        config = Config(Region(state, *CONFIGURATION))
        config.load()
        languages = [name for name, row in config.get("out").items() if row["on"] and name != "metrics"]
        return int(len(languages) <= _FEW)
    except Exception:  # of the flash, or of the application: what needs them will tell
        return 1


# The chip's name as in a manifest. MACHINE has it without the hyphen.
def _chip():
    for name in DEFAULTS:
        if name[5:] and name[-2:] in MACHINE:
            return name
    return "ESP32"


# Set up the board's pins; returns the arguments of its Ethernet interface, None where it has none.
def _wire(board, pins, Uart):
    get = pins.get
    request, led, rgb = get("request"), get("led"), get("rgb")
    if request is not None:
        Pin(max(request, ~request), Pin.OUT, value=int(request >= 0))
    button = get("button")
    # Pins 34 to 39 of the original ESP32 have no pull-up; boards with a button there have a resistor.
    board.key = Pin(button, Pin.IN, -1 if button >= 34 and board.chip == "ESP32" else Pin.PULL_UP)
    board.shines = int(led is None or led >= 0)
    board.lamp = None if led is None else Pin(max(led, ~led), Pin.OUT, value=1 - board.shines)
    board.rgb = None if rgb is None else Pin(rgb, Pin.OUT, value=0)
    board.uart = Uart(get("uart"), get("rx"), get("tx"))
    board.spare_uart = get("plug")
    return get("lan")


def _arguments(lan):
    found = {}
    for name, value in lan.items():
        if name == "phy_type":
            value = getattr(network, value)
        elif name == "ref_clk_mode":
            value = getattr(Pin, value)
        elif name == "spi":
            number, sck, mosi, miso = value
            value = machine.SPI(number, sck=Pin(sck), mosi=Pin(mosi), miso=Pin(miso))
        elif name != "phy_addr":
            value = Pin(value)
        found[name] = value
    return found


# Why the chip has started: the reason that the last run has kept, else what the chip says. A hard reset without a kept
# reason is a panic, as every reset on purpose keeps its reason.
def _reason(board, said):
    if board.boot["rolled_back"]:
        return "OTA_ROLLBACK"
    causes = {machine.WDT_RESET: "WATCHDOG", machine.SOFT_RESET: "USER", machine.HARD_RESET: "CRASH"}
    return said or causes.get(machine.reset_cause(), "POWER_ON")


# A text that tools/provision has given this board, in NVS or in flash.bin. It is copied to NVS, so that it stays when
# the file system is lost.
def _given(board, key, kept):
    text = kept(key)
    if not text:
        try:
            text = json.loads(board.provisioned() or "{}").get(key)
        except (ValueError, AttributeError):  # not JSON, or not an object
            text = None
        if not isinstance(text, str):
            return ""
        kept(key, text)
    return text
