"""How the board begins: why the chip has started, whose board it is, and what its pins do. Forgotten once it knows."""

import json
import sys

import machine
import network
from machine import Pin
from pins import DEFAULTS, pins

MACHINE = getattr(sys.implementation, "_machine", "")  # such as "Generic ESP32S3 module with ESP32S3"

#: Bytes; see MICROPY_GC_INITIAL_HEAP_SIZE in boards/common/board.h.
_SECOND_AREA = 50 * 1024
#: More the port does not take.
_LONGEST_NAME = 32


def begin(board, settings, links, Uart, kept, once):
    """Make of a Board what stays the same until it starts again.

    settings    the image's manifest
    links       what becomes its network interfaces, by kind
    Uart, kept, once   the board's own: what listens to the meter, what is kept in NVS
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
    except ValueError:  # no such board, or one with pins that this chip does not have
        board.name = DEFAULTS[board.chip]
        lan = _wire(board, pins(board.name), Uart)
    # Python's heap takes its second area, as large as the first, before WiFi comes: later it would take the largest
    # piece that WiFi has left. Nothing of this size fits the first beside what lives there.
    try:
        bytearray(_SECOND_AREA)
    except MemoryError:
        pass  # there is no such piece: then Python has to do with one
    try:
        board.wlan("sta")
    except (OSError, RuntimeError):
        pass  # whoever wants it hears of it
    if lan:
        board.stream_limits = 3, 5, 5  # one socket more is for names in .local
        try:
            links["lan"] = network.LAN(**_arguments(lan))
        except (OSError, ValueError, AttributeError, RuntimeError) as error:
            links["lan"] = OSError(str(error))  # a second attempt would only leave more behind


# Its name as in a manifest, from such as "Generic ESP32S3 module with ESP32S3": the port writes it either way.
def _chip():
    for name in DEFAULTS:
        if name[5:] and name[-2:] in MACHINE:
            return name
    return "ESP32"


# What its pins do; returns the arguments of its Ethernet interface.
def _wire(board, pins, Uart):
    get = pins.get
    request, led, rgb = get("request"), get("led"), get("rgb")
    if request is not None:
        Pin(max(request, ~request), Pin.OUT, value=int(request >= 0))
    button = get("button")
    # 34 to 39 of the first ESP32 have no pull-up; boards with a button there bring their own.
    board.key = Pin(button, Pin.IN, -1 if button >= 34 and board.chip == "ESP32" else Pin.PULL_UP)
    board.shines = int(led is None or led >= 0)
    board.lamp = None if led is None else Pin(max(led, ~led), Pin.OUT, value=1 - board.shines)
    board.rgb = None if rgb is None else Pin(rgb, Pin.OUT, value=0)
    board.uart = Uart(get("uart"), get("rx"), get("tx"))
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


# As the last run said, else as the chip says. A panic is what is left of hard resets, for whoever resets on purpose
# says why.
def _reason(board, said):
    if board.boot["rolled_back"]:
        return "OTA_ROLLBACK"
    causes = {machine.WDT_RESET: "WATCHDOG", machine.SOFT_RESET: "USER", machine.HARD_RESET: "CRASH"}
    return said or causes.get(machine.reset_cause(), "POWER_ON")


# What tools/provision has said of this board, to NVS or in flash.bin; then NVS has it, whatever becomes of files.
def _given(board, key, kept):
    text = kept(key)
    if not text:
        try:
            text = json.loads(board.provisioned() or "{}").get(key)
        except (ValueError, AttributeError):  # no JSON, no texts in it
            text = None
        if not isinstance(text, str):
            return ""
        kept(key, text)
    return text
