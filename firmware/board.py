"""The chip's Board: only this file, begin.py and plug.py use machine, esp32 and network."""

import gc
import os
import time

import esp32
import machine
import network
from console import Console
from machine import Pin

#: The name space in NVS for texts that only a new flash.bin removes, each a blob of at most _TEXT bytes. "board": name
#: of the pin map. "name": host name. "reset": why the last run ended. "died": the error that kept an application from
#: being built. "improv": a browser that wants to set the reader up has called on the console.
_SPACE = "han"
_TEXT = 96
#: Bytes for 700 ms at 115200 baud. A scan or a TLS handshake holds the interpreter too long for the driver's default
#: of 256 bytes.
_RX_BUFFER = 8192
_TURNED_US = 300
#: Longer than anything holds the interpreter.
_WATCHDOG_MS = 60000

#: True where the modules are frozen in flash, so that more memory is free. Modules from a file system have a path.
FROZEN = "/" not in __file__


class Uart:
    """The UART that listens to the meter, for meter.link.Link. It begins with the settings of most P1 ports."""

    any_setting = False

    def __init__(self, number, rx, tx):
        inverted = machine.UART.INV_RX
        self._uart = machine.UART(number, 115200, rx=rx, tx=tx, rxbuf=_RX_BUFFER, timeout=0, invert=inverted)

    def configure(self, baud, bits, parity, stop, inverted):
        """Listen with these settings (parity None, 0 even, 1 odd) from now on. Bytes received before are dropped."""
        # The receiver sees edges only, so a line that rests at the wrong level would stay silent. So the input is first
        # inverted the other way, for longer than a character. When it is then turned round, a line that rests at the
        # wrong level falls, which makes a zero byte; a line that rests at the right level rises, which makes none.
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
        """Move received bytes to buf. Returns their number, 0 when there are none. Never waits."""
        return self._uart.readinto(buf) or 0  # it returns None when there are none


class Board:
    """An ESP32. boot: the dict that boot.py has left, see the attribute."""

    listen = "0.0.0.0", 80
    #: Sockets that there are: 16 by the board definitions, 10 in MicroPython's own images. Five of them are for the
    #: listener, names in .local, requests and outgoing connections.
    sockets = 16 if FROZEN else 10
    own_sockets = 5
    #: How many WebSockets, how many event streams, and how many of both together, where there are sockets for them.
    stream_limits = 3, 5, 8
    #: Requests that are served at the same time, and requests that wait for their turn. Further ones wait in lwIP.
    request_limit = 3, 2
    #: Free bytes of Python's heap. With less than the first for long, the reader restarts. With less than the second,
    #: there are no streams, uploads and big answers. With less than the third, work that can wait is put off.
    memory_limits = 6000, 12000, 24000
    #: The port of HTTPS, None where its connections would leave too little memory; and the number of its clients.
    secure_port = None
    secure_limit = 1
    #: Addresses of time servers and price services, and certificates of their authorities; None: the real, public ones.
    #: names: (host, port) of setup mode's name server; None: port 53 of the access point.
    time_servers = sites = roots = names = None
    #: Multicast address for names in .local; None where the system answers for them.
    mdns = "224.0.0.251", 5353
    # begin.py sets these.
    uart: Uart
    #: Base address of the update server (None: there is none), the channel that this reader follows, and the
    #: certificate (DER in base64) that must have signed the server's on https (None: any server is accepted).
    updates: "str | None"
    channel: str
    authority: "str | None"
    chip: str
    mac: bytes
    hostname: str
    reset_reason: str
    #: Version and exception of an application that could not be built before this start; "" where there was none.
    last_words: str
    #: The name of the pin map.
    name: str
    #: The button; the LED; the level at which it shines; the WS2812.
    key: Pin
    lamp: "Pin | None"
    shines: int
    rgb: "Pin | None"
    #: (number, pin of its data, pin of the data request) of a UART for plug(); None where there is none.
    spare_uart: "tuple | None"

    def __init__(self, boot):
        from begin import begin

        self._partitions = {}
        self._links = {}
        self._watchdog = None
        self._least = None
        #: The dict of boot.py, see start() there. Proving and updating the application call healthy() and activating().
        self.boot = boot
        #: True where Python's heap is in PSRAM.
        self.psram = gc.mem_alloc() + gc.mem_free() > 1000000
        if FROZEN or self.psram:
            self.secure_port = 443
        if self.psram:
            self.secure_limit = 3
        if "files" in (boot["manifest"] or {}) and self.no_files():
            boot["safe"] = True  # main.py reads it next
        self.console = Console(bool(once("improv")), lambda: kept("improv", "1"))
        begin(self, boot["manifest"] or {}, self._links, Uart, kept, once)

    # Time

    ticks_ms = staticmethod(time.ticks_ms)
    ticks_diff = staticmethod(time.ticks_diff)

    def utc_ms(self):
        """None: the chip has no clock that runs while the power is off."""

    # Memory

    def partition(self, name):
        """The data partition with this label. OSError where there is none."""
        if name not in self._partitions:
            found = esp32.Partition.find(esp32.Partition.TYPE_DATA, label=name)
            if not found:
                raise OSError(19, "no partition " + name)
            self._partitions[name] = found[0]
        return self._partitions[name]

    def slots(self):
        """(running, other) partition of the two slots. OSError where there is only one."""
        running = esp32.Partition(esp32.Partition.RUNNING)  # type: ignore[arg-type]  # not only a label
        return running, running.get_next_update()

    def confirm(self):
        """The running application is good: keep it, so that the next start does not go back to the one before."""
        if self.boot["pending"]:
            # Only then: ESP-IDF confirms the newest entry of otadata. After set_boot() it is that of the other slot.
            esp32.Partition.mark_app_valid_cancel_rollback()
            self.boot["pending"] = False
        self.boot["healthy"]()

    def no_files(self):
        """Why an image with files cannot run here, in words that follow the name of the image; None where it can."""
        if not self.psram:
            return "needs a board with PSRAM, and this one has none in use: take a release with everything frozen in"
        try:
            os.stat("/boot.py")
            os.stat("/main.py")
        except OSError:
            return "needs boot.py and main.py, but they are not in this board's file system"

    def provisioned(self):
        """The configuration that came with flash.bin, a JSON text; None where there is none."""
        try:
            with open("/config.json") as file:
                return file.read()
        except OSError:
            return None

    def heap(self):
        """(total, free, least free so far) bytes of Python's heap, inside the areas that it has taken.

        gc.mem_free() also counts the block of the system's heap that Python would take next, but WiFi needs that.
        """
        free = max(0, gc.mem_free() - self.system_heap()[3])
        if self._least is None or free < self._least:
            self._least = free
        return free + gc.mem_alloc(), free, self._least

    def system_heap(self):
        """(total, free, least free so far, largest block) bytes of the heap that WiFi, sockets, TLS and drivers use."""
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
        """The WiFi interface "sta" or "ap"; the caller makes it active. OSError, RuntimeError: it cannot be made."""
        if kind not in self._links:
            wlan = network.WLAN
            self._links[kind] = wlan(wlan.IF_STA if kind == "sta" else wlan.IF_AP)
        return self._links[kind]

    def lan(self):
        """The Ethernet interface, None where the board has none.

        OSError where it does not answer, or where MicroPython's image has no driver for it.
        """
        made = self._links.get("lan")
        if isinstance(made, OSError):
            raise made
        return made

    def set_hostname(self, name):
        """Set the host name, <name>.local, of links that come up from now on. ValueError: it is too long."""
        network.hostname(name)
        self.hostname = name

    # The rest of the chip

    def button(self):
        """True while the button is pressed."""
        return not self.key.value()

    def led(self, on):
        """Switch the LED on or off."""
        if self.lamp:
            self.lamp.value(self.shines if on else 1 - self.shines)
        elif self.rgb:
            # The WS2812's order is green, red, blue. Its times in ns: high and low of a 0 bit, high and low of a 1 bit.
            machine.bitstream(self.rgb, 0, (400, 850, 800, 450), b"\x10\x10\x10" if on else b"\0\0\0")

    def plug(self):
        """A Plug on the spare UART. OSError, ValueError: it does not start."""
        from plug import Plug

        return Plug(*self.spare_uart)

    def feed(self):
        """Feed the watchdog. The first call starts it."""
        if self._watchdog is None:
            self._watchdog = machine.WDT(timeout=_WATCHDOG_MS)
        self._watchdog.feed()

    def died(self, error):
        """The application could not be built: keep its version and the exception as the next start's last_words."""
        manifest = self.boot["manifest"] or {}
        kept("died", "%s %s: %s" % (manifest.get("version", "?"), type(error).__name__, error))

    def reset(self, reason):
        """Restart the chip. reason: a rebootReason of the API, which becomes the next start's reset_reason."""
        kept("reset", reason)
        machine.reset()


# The text in NVS under a key, which is then removed; "" where there is none.
def once(key):
    text = kept(key)
    if text:
        kept(key, "")
    return text


# The text in NVS under a key, "" where there is none. With `text`, keep that ("" removes it). NVS that is full or
# broken counts as empty: a start without a name is better than no start.
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
