"""The board of the chip: the only door to machine, esp32 and network."""

import gc
import json
import os
import sys
import time

import esp32
import machine
import network
from machine import Pin

#: Settings that outlive everything but a new flash.bin, in NVS: "board" names the pin map, "name" the host, "reset"
#: why the last run ended. A blob of at most _TEXT bytes each.
_SPACE = "han"
_TEXT = 48
#: More the port does not take.
_LONGEST_NAME = 32
#: 700 ms at 115200: a scan or a TLS handshake holds the interpreter for longer than the driver's own 256 bytes last.
_RX_BUFFER = 8192
#: Longer than anything that holds the interpreter.
_WATCHDOG_MS = 60000

_MACHINE = getattr(sys.implementation, "_machine", "")  # such as "Generic ESP32S3 module with ESP32S3"

#: Modules in flash leave the memory to others. Those of a file system have a folder.
_FROZEN = "/" not in __file__


class Uart:
    """What listens to the meter; see meter.link.Link. At first as most P1 ports send."""

    any_setting = False

    def __init__(self, number, rx, tx):
        inverted = machine.UART.INV_RX
        self._uart = machine.UART(number, 115200, rx=rx, tx=tx, rxbuf=_RX_BUFFER, timeout=0, invert=inverted)

    def configure(self, baud, bits, parity, stop, inverted):
        """Listen with these settings (parity None, 0 even, 1 odd) from now on; drops what was received."""
        # The driver keeps its buffer, so that the system heap is not cut up.
        invert = machine.UART.INV_RX if inverted else 0
        self._uart.init(baud, bits=bits, parity=parity, stop=stop, timeout=0, invert=invert)
        scratch = bytearray(64)
        for _ in range(_RX_BUFFER // 64):
            if self.readinto(scratch) < 64:
                break

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
    memory_limits = 6000, 14000, 32000
    #: Where HTTPS is served, None where its connections would take the memory of everything else.
    secure_port = None
    #: Time servers, price services and their authorities: the public, real ones. (host, port) of setup mode's name
    #: server: port 53 of the access point.
    time_servers = sites = roots = names = None
    #: Where all are asked for names in .local; None where the system answers.
    mdns = "224.0.0.251", 5353

    def __init__(self, boot):
        from pins import DEFAULT, pins

        self._partitions = {}
        self._links = {}
        self._watchdog = None
        self._least = None
        #: What boot.py leaves: slot, manifest, rolled_back, safe, boots, pending; healthy() and activating() are for
        #: whoever proves and updates the application.
        self.boot = boot
        if _FROZEN or gc.mem_alloc() + gc.mem_free() > 1000000:  # or PSRAM
            self.secure_port = 443
        settings = boot["manifest"] or {}
        #: Base address of the update server, None for none, and what of it this reader follows.
        self.updates = settings.get("updates")
        self.channel = settings.get("channel", "release")
        #: Certificate, DER in base64, that this server's has to be signed with on https; None: anybody is believed.
        self.authority = settings.get("authority")
        self.chip = "ESP32-S3" if "S3" in _MACHINE else "ESP32"
        self.mac = machine.unique_id()
        self.hostname = (self._given("name") or "han-reader-" + self.mac.hex()[8:])[:_LONGEST_NAME]
        self.reset_reason = self._reason()
        self.name = self._given("board")
        try:
            self._wire(pins(self.name))
        except ValueError:  # no such board, or one with pins that this chip does not have
            self.name = DEFAULT
            self._wire(pins(DEFAULT))
        sys.modules.pop("pins", None)
        # The system's memory comes first: what Python's heap takes of it, it never gives back.
        try:
            self.wlan("sta")
            self.lan()
        except (OSError, RuntimeError):
            pass  # whoever wants it hears of it

    def _wire(self, pins):
        get = pins.get
        request, led, rgb = get("request"), get("led"), get("rgb")
        if request is not None:
            Pin(max(request, ~request), Pin.OUT, value=int(request >= 0))
        button = get("button")
        # 34 to 39 of the first ESP32 have no pull-up; boards with a button there bring their own.
        self._button = Pin(button, Pin.IN, -1 if button >= 34 and self.chip == "ESP32" else Pin.PULL_UP)
        self._shines = int(led is None or led >= 0)
        self._led = None if led is None else Pin(max(led, ~led), Pin.OUT, value=1 - self._shines)
        self._rgb = None if rgb is None else Pin(rgb, Pin.OUT, value=0)
        self._lan = get("lan")
        if self._lan:
            self.stream_limits = 3, 5, 5  # one socket more is for names in .local
        self.uart = Uart(get("uart"), get("rx"), get("tx"))

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
        running = esp32.Partition(esp32.Partition.RUNNING)  # type: ignore[arg-type]
        return running, running.get_next_update()

    def confirm(self):
        """The application that runs is good: the next start does not return to the one before."""
        if self.boot["pending"]:
            # Only then: ESP-IDF confirms the newest entry of otadata, after set_boot() that of the other slot.
            esp32.Partition.mark_app_valid_cancel_rollback()
            self.boot["pending"] = False
        self.boot["healthy"]()

    def bootable(self):
        """True where an image with files can start: the file system has what stock MicroPython starts it with."""
        try:
            return bool(os.stat("/boot.py") and os.stat("/main.py"))
        except OSError:
            return False

    def provisioned(self):
        """The configuration that flash.bin brought along, JSON text; None where it brought none."""
        try:
            with open("/config.json") as file:
                return file.read()
        except OSError:
            return None

    def heap(self):
        """(total, free, least free so far, largest block that can still be had) bytes.

        What the heap may still take from the system counts as free; the last is the largest such piece.
        """
        free = gc.mem_free()
        if self._least is None or free < self._least:
            self._least = free
        return free + gc.mem_alloc(), free, self._least, self.system_heap()[3]

    def system_heap(self):
        """The same of the system's heap, from which WiFi, sockets and TLS live."""
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
        if self._lan and "lan" not in self._links:
            try:
                self._links["lan"] = network.LAN(**self._arguments())
            except (OSError, ValueError, AttributeError) as error:
                self._links["lan"] = OSError(str(error))  # a second attempt would only leave more behind
        made = self._links.get("lan")
        if isinstance(made, OSError):
            raise made
        return made

    def _arguments(self):
        found = {}
        for name, value in self._lan.items():
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

    def set_hostname(self, name):
        """Be <name>.local, for links that come up from now on. ValueError: too long."""
        network.hostname(name)
        self.hostname = name

    # The rest of the chip

    def button(self):
        """True while it is pressed."""
        return not self._button.value()

    def led(self, on):
        """Light, or not."""
        if self._led:
            self._led.value(self._shines if on else 1 - self._shines)
        elif self._rgb:
            # Green, red, blue, in the 800 kHz of a WS2812: high and low of a 0, of a 1, ns.
            machine.bitstream(self._rgb, 0, (400, 850, 800, 450), b"\x10\x10\x10" if on else b"\0\0\0")

    def feed(self):
        """Tell the watchdog that all is well; from the first time on it waits for the next."""
        if self._watchdog is None:
            self._watchdog = machine.WDT(timeout=_WATCHDOG_MS)
        self._watchdog.feed()

    def reset(self, reason):
        """Start again, with `reason` (a rebootReason of the API) as the next start's reset_reason."""
        _kept("reset", reason)
        machine.reset()

    # Why the chip has started: as the last run said, else as the chip says. A panic is what is left of hard resets,
    # for whoever resets on purpose says why.
    def _reason(self):
        said = _kept("reset")
        if said:
            _kept("reset", "")
        if self.boot["rolled_back"]:
            return "OTA_ROLLBACK"
        causes = {machine.WDT_RESET: "WATCHDOG", machine.SOFT_RESET: "USER", machine.HARD_RESET: "CRASH"}
        return said or causes.get(machine.reset_cause(), "POWER_ON")

    # What tools/provision has said of this board, to NVS or in flash.bin; then NVS has it, whatever becomes of files.
    def _given(self, key):
        text = _kept(key)
        if not text:
            try:
                text = json.loads(self.provisioned() or "{}").get(key)
            except (ValueError, AttributeError):  # no JSON, no texts in it
                text = None
            if not isinstance(text, str):
                return ""
            _kept(key, text)
        return text


# A text in NVS, or keep one there; "" is none. NVS that is full or broken is as one that has nothing: better a start
# without a name than no start.
def _kept(key, text=None):
    try:
        nvs = esp32.NVS(_SPACE)
        if text is None:
            buf = bytearray(_TEXT)
            return bytes(buf[: nvs.get_blob(key, buf)]).decode()
        if text:
            nvs.set_blob(key, text.encode())
        else:
            nvs.erase_key(key)
        nvs.commit()
    except (OSError, UnicodeError):
        pass
    return ""
