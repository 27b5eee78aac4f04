"""The board of the chip: the only door to machine, esp32 and network."""

import gc
import os
import time

import esp32
import machine
import network
from console import Console
from machine import Pin

#: Settings that outlive everything but a new flash.bin, in NVS: "board" names the pin map, "name" the host, "reset"
#: why the last run ended, "died" what kept an application from even running, "improv" that somebody
#: calls on the console. A blob of at most _TEXT bytes each.
_SPACE = "han"
_TEXT = 96
#: 700 ms at 115200: a scan or a TLS handshake holds the interpreter for longer than the driver's own 256 bytes last.
_RX_BUFFER = 8192
_TURNED_US = 300
#: Longer than anything that holds the interpreter.
_WATCHDOG_MS = 60000

#: Modules in flash leave the memory to others. Those of a file system have a folder.
FROZEN = "/" not in __file__


class Uart:
    """What listens to the meter; see meter.link.Link. At first as most P1 ports send."""

    any_setting = False

    def __init__(self, number, rx, tx):
        inverted = machine.UART.INV_RX
        self._uart = machine.UART(number, 115200, rx=rx, tx=tx, rxbuf=_RX_BUFFER, timeout=0, invert=inverted)

    def configure(self, baud, bits, parity, stop, inverted):
        """Listen with these settings (parity None, 0 even, 1 odd) from now on; drops what was received."""
        # A receiver sees edges only. So it is upside down first, for longer than a character: a line that rests at the
        # wrong level then falls as it is turned round, which makes a zero byte, and one that rests right rises.
        inversions = machine.UART.INV_RX, 0
        self._uart.init(115200, bits=8, parity=None, stop=1, timeout=0, invert=inversions[inverted])
        time.sleep_us(_TURNED_US)
        scratch = bytearray(64)
        for _ in range(_RX_BUFFER // 64):
            if self.readinto(scratch) < 64:
                break
        # The driver keeps its buffer, so that the system heap is not cut up.
        self._uart.init(baud, bits=bits, parity=parity, stop=stop, timeout=0, invert=inversions[not inverted])

    def readinto(self, buf):
        """Move received bytes to buf; their number, 0 when there are none. Never waits."""
        return self._uart.readinto(buf) or 0  # None: nothing there


class Board:
    """One ESP32. boot: what boot.py has found out, see the attribute."""

    listen = "0.0.0.0", 80
    #: WebSockets, event streams, both: of ten sockets the listener, requests and errands keep four.
    stream_limits = 3, 5, 6
    #: Requests served at the same time, and more that wait for their turn; further ones wait in the system.
    request_limit = 3, 2
    #: With less free memory than the second there are no streams, uploads and big answers, with less than the first for
    #: long no going on; with less than the third what can wait does, bytes.
    memory_limits = 6000, 12000, 24000
    #: Where HTTPS is served, None where its connections would take the memory of everything else; how many at a time.
    secure_port = None
    secure_limit = 1
    #: Time servers, price services and their authorities: the public, real ones. (host, port) of setup mode's name
    #: server: port 53 of the access point.
    time_servers = sites = roots = names = None
    #: Where all are asked for names in .local; None where the system answers.
    mdns = "224.0.0.251", 5353
    # What begin.py finds out.
    uart: Uart
    #: Base address of the update server, None for none, what of it this reader follows, and the certificate, DER in
    #: base64, that this server's has to be signed with on https; None: anybody is believed.
    updates: "str | None"
    channel: str
    authority: "str | None"
    chip: str
    mac: bytes
    hostname: str
    reset_reason: str
    #: Version of the application that could not be made before this start, and the exception; "" where there was none.
    last_words: str
    #: Of its pin map.
    name: str
    #: The button, the light, what makes that shine, and a light of three colours.
    key: Pin
    lamp: "Pin | None"
    shines: int
    rgb: "Pin | None"

    def __init__(self, boot):
        from begin import begin

        self._partitions = {}
        self._links = {}
        self._watchdog = None
        self._least = None
        #: What boot.py leaves: slot, manifest, rolled_back, safe, boots, pending; healthy() and activating() are for
        #: whoever proves and updates the application.
        self.boot = boot
        #: True where Python's memory is PSRAM.
        self.psram = gc.mem_alloc() + gc.mem_free() > 1000000
        if FROZEN or self.psram:
            self.secure_port = 443
        if self.psram:
            self.secure_limit = 3
        if "files" in (boot["manifest"] or {}) and self.no_files():
            boot["safe"] = True  # main.py looks at it next
        self.console = Console(bool(once("improv")), lambda: kept("improv", "1"))
        begin(self, boot["manifest"] or {}, self._links, Uart, kept, once)

    # Time

    ticks_ms = staticmethod(time.ticks_ms)
    ticks_diff = staticmethod(time.ticks_diff)

    def utc_ms(self):
        """None: no clock runs while the power is off."""

    # Memory

    def partition(self, name):
        """The data partition of this label; OSError where there is none."""
        if name not in self._partitions:
            found = esp32.Partition.find(esp32.Partition.TYPE_DATA, label=name)
            if not found:
                raise OSError(19, "no partition " + name)
            self._partitions[name] = found[0]
        return self._partitions[name]

    def slots(self):
        """(running, other) partition of the two for applications; OSError where there is only one."""
        running = esp32.Partition(esp32.Partition.RUNNING)  # type: ignore[arg-type]  # not only a label
        return running, running.get_next_update()

    def confirm(self):
        """The application that runs is good: the next start does not return to the one before."""
        if self.boot["pending"]:
            # Only then: ESP-IDF confirms the newest entry of otadata, after set_boot() that of the other slot.
            esp32.Partition.mark_app_valid_cancel_rollback()
            self.boot["pending"] = False
        self.boot["healthy"]()

    def no_files(self):
        """Why no image with files runs here, in words with that image in front of them; None where one does."""
        if not self.psram:
            return "needs a board with PSRAM, and this one has none in use: take a release with everything frozen in"
        try:
            os.stat("/boot.py")
            os.stat("/main.py")
        except OSError:
            return "needs boot.py and main.py, which this board's file system has not"

    def provisioned(self):
        """The configuration that flash.bin brought along, JSON text; None where it brought none."""
        try:
            with open("/config.json") as file:
                return file.read()
        except OSError:
            return None

    def heap(self):
        """(total, free, least free so far) bytes of Python's heap, inside the areas that it has taken.

        gc.mem_free() also counts the piece of the system's heap that Python would take next, which is WiFi's.
        """
        free = max(0, gc.mem_free() - self.system_heap()[3])
        if self._least is None or free < self._least:
            self._least = free
        return free + gc.mem_alloc(), free, self._least

    def system_heap(self):
        """(total, free, least free so far, largest block) bytes of what WiFi, sockets, TLS and drivers live from."""
        total = free = least = largest = 0
        for size, left, block, low in esp32.idf_heap_info(esp32.HEAP_DATA):
            total += size
            free += left
            least += low
            largest = max(largest, block)
        return total, free, least, largest

    random = staticmethod(os.urandom)

    # Network

    def wlan(self, kind):
        """The WiFi interface "sta" or "ap", not active before somebody makes it so. OSError, RuntimeError: none."""
        if kind not in self._links:
            wlan = network.WLAN
            self._links[kind] = wlan(wlan.IF_STA if kind == "sta" else wlan.IF_AP)
        return self._links[kind]

    def lan(self):
        """The Ethernet interface, None where the board has none. OSError where it does not answer, or MicroPython's
        image has no driver for it."""
        made = self._links.get("lan")
        if isinstance(made, OSError):
            raise made
        return made

    def set_hostname(self, name):
        """Be <name>.local, for links that come up from now on. ValueError: too long."""
        network.hostname(name)
        self.hostname = name

    # The rest of the chip

    def button(self):
        """True while it is pressed."""
        return not self.key.value()

    def led(self, on):
        """Light, or not."""
        if self.lamp:
            self.lamp.value(self.shines if on else 1 - self.shines)
        elif self.rgb:
            # Green, red, blue, in the 800 kHz of a WS2812: high and low of a 0, of a 1, ns.
            machine.bitstream(self.rgb, 0, (400, 850, 800, 450), b"\x10\x10\x10" if on else b"\0\0\0")

    def feed(self):
        """Tell the watchdog that all is well; from the first time on it waits for the next."""
        if self._watchdog is None:
            self._watchdog = machine.WDT(timeout=_WATCHDOG_MS)
        self._watchdog.feed()

    def died(self, error):
        """The application could not be made: what the next start has as last_words."""
        manifest = self.boot["manifest"] or {}
        kept("died", "%s %s: %s" % (manifest.get("version", "?"), type(error).__name__, error))

    def reset(self, reason):
        """Start again, with `reason` (a rebootReason of the API) as the next start's reset_reason."""
        kept("reset", reason)
        machine.reset()


# What was kept for this start alone.
def once(key):
    text = kept(key)
    if text:
        kept(key, "")
    return text


# A text in NVS, or keep one there; "" is none. NVS that is full or broken is as one that has nothing: better a start
# without a name than no start.
def kept(key, text=None):
    try:
        nvs = esp32.NVS(_SPACE)
        if text is None:
            buf = bytearray(_TEXT)
            return bytes(buf[: nvs.get_blob(key, buf)]).decode()
        if text:
            nvs.set_blob(key, text.encode()[:_TEXT])
        else:
            nvs.erase_key(key)
        nvs.commit()
    except (OSError, UnicodeError):
        pass
    return ""
