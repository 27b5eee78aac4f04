"""The board of the chip: the only door to machine, esp32 and network."""

import gc
import json
import os
import sys
import time

import esp32
import machine
import network

#: Settings that outlive everything but a new flash.bin, in NVS: "board" names the pin map, "name" the host, "reset"
#: why the last run ended. A blob of at most _TEXT bytes each.
_SPACE = "han"
_TEXT = 48
#: 700 ms at 115200: a scan or a TLS handshake holds the interpreter for longer than the driver's own 256 bytes last.
_RX_BUFFER = 8192
#: Longer than anything that holds the interpreter.
_WATCHDOG_MS = 60000

_MACHINE = getattr(sys.implementation, "_machine", "")  # such as "Generic ESP32S3 module with ESP32S3"

#: Modules in flash leave the memory to others. Those of a file system have a folder.
_FROZEN = "/" not in __file__

_CAUSES = {
    machine.PWRON_RESET: "POWER_ON",
    machine.DEEPSLEEP_RESET: "POWER_ON",
    machine.WDT_RESET: "WATCHDOG",
    machine.SOFT_RESET: "USER",  # Ctrl-D
    machine.HARD_RESET: "CRASH",  # a panic: whoever resets on purpose says why
}


class Uart:
    """What listens to the meter; see meter.link.Link."""

    any_setting = False

    def __init__(self, number, rx, tx):
        self._which = number, rx, tx
        self._uart = None

    def configure(self, baud, bits, parity, stop, inverted):
        """Listen with these settings (parity None, 0 even, 1 odd) from now on; drops what was received."""
        invert = machine.UART.INV_RX if inverted else 0
        if self._uart is None:
            number, rx, tx = self._which
            self._uart = machine.UART(
                number, baud, bits=bits, parity=parity, stop=stop, rx=rx, tx=tx, rxbuf=_RX_BUFFER, timeout=0,
                invert=invert,
            )  # fmt: skip
        else:
            # The driver keeps its buffer, so that the system heap is not cut up.
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

    model = "HAN"
    listen = "0.0.0.0", 80
    #: WebSockets, event streams, both: of ten sockets the listener, requests and errands keep four.
    stream_limits = 3, 5, 6
    #: Requests served at the same time, and more that wait for their turn; further ones wait in the system.
    request_limit = 3, 2
    #: With less free memory than the second there are no streams and no uploads, with less than the first for long no
    #: going on, bytes.
    memory_limits = 6000, 14000
    #: Where HTTPS is served, None where its connections would take the memory of everything else.
    secure_port = None
    time_servers = None  # the public ones
    sites = None  # the real ones
    channel = "release"
    roots = None
    names = None  # (host, port) of setup mode's name server; None: port 53 of the access point

    def __init__(self, boot=None):
        from pins import DEFAULT, pins

        self._nvs = esp32.NVS(_SPACE)
        self._partitions = {}
        self._links = {}
        self._watchdog = None
        self._least = None
        #: What boot.py leaves: slot, manifest, rolled_back, safe, boots, pending; healthy() and activating() are for
        #: whoever proves and updates the application. Without boot.py nothing is known.
        self.boot = boot or {
            "slot": None, "manifest": None, "rolled_back": None, "safe": False, "boots": 0, "pending": False,
            "healthy": _nothing, "activating": _nothing,
        }  # fmt: skip
        if _FROZEN or gc.mem_alloc() + gc.mem_free() > 1000000:  # or PSRAM
            self.secure_port = 443
        settings = self.boot.get("manifest") or {}
        #: Base address of the update server, None for none, and what of it this reader follows.
        self.updates = settings.get("updates")
        self.channel = settings.get("channel", self.channel)
        #: Certificate, DER in base64, that this server's has to be signed with on https; None: anybody is believed.
        self.authority = settings.get("authority")
        self.chip = "ESP32-S3" if "S3" in _MACHINE else "ESP32"
        self.mac = machine.unique_id()
        self.hostname = self._given("name") or "han-reader-" + self.mac.hex()[8:]
        self.reset_reason = self._reason()
        self.name = self._given("board") or DEFAULT
        try:
            self._pins = pins(self.name)
        except ValueError:
            self.name = DEFAULT
            self._pins = pins(DEFAULT)
        sys.modules.pop("pins", None)
        # The system's memory comes first: what Python's heap takes of it, it never gives back.
        self.uart = Uart(self._pins["uart"], self._pins["rx"], self._pins["tx"])
        self.uart.configure(115200, 8, None, 1, True)
        try:
            self.wlan("sta")
            self.lan()
        except (OSError, RuntimeError):
            pass  # whoever wants it hears of it
        out = machine.Pin.OUT
        request = self._pins.get("request")
        if request is not None:
            machine.Pin(max(request, ~request), out, value=int(request >= 0))
        self._button = machine.Pin(self._pins["button"], machine.Pin.IN, self._pull())
        led = self._pins.get("led")
        rgb = self._pins.get("rgb")
        self._shines = 1
        if led is not None and led < 0:
            led, self._shines = ~led, 0
        self._led = None if led is None else machine.Pin(led, out, value=1 - self._shines)
        self._rgb = None if rgb is None else machine.Pin(rgb, out, value=0)

    def _pull(self):
        # 34 to 39 of the first ESP32 have no pull-up; boards with a button there bring their own.
        if self.chip == "ESP32" and self._pins["button"] >= 34:
            return -1  # as it is
        return machine.Pin.PULL_UP

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

    def random(self, n):
        """n random bytes of the hardware's generator."""
        return os.urandom(n)

    # Network

    def wlan(self, kind):
        """The WiFi interface "sta" or "ap", not active before somebody makes it so."""
        if kind not in self._links:
            wlan = network.WLAN
            self._links[kind] = wlan(wlan.IF_STA if kind == "sta" else wlan.IF_AP)
        return self._links[kind]

    def lan(self):
        """The Ethernet interface, None where the board has none. OSError when it does not answer."""
        if "lan" not in self._links:
            made = None
            if "lan" in self._pins:
                made = network.LAN(**self._rmii(dict(self._pins["lan"])))
            elif "w5500" in self._pins:
                made = network.LAN(**self._spi(dict(self._pins["w5500"])))
            self._links["lan"] = made
        return self._links["lan"]

    def _rmii(self, arguments):
        arguments["phy_type"] = getattr(network, arguments.pop("phy"))
        arguments["ref_clk_mode"] = getattr(machine.Pin, arguments["ref_clk_mode"])
        return _as_pins(arguments, "mdc", "mdio", "power", "reset", "ref_clk")

    def _spi(self, arguments):
        lines = {name: machine.Pin(arguments.pop(name)) for name in ("sck", "mosi", "miso")}
        arguments["spi"] = machine.SPI(arguments["spi"], **lines)
        arguments["phy_type"] = network.PHY_W5500
        arguments["phy_addr"] = 0
        return _as_pins(arguments, "cs", "int", "reset")

    def set_hostname(self, name):
        """Be <name>.local, for links that come up from now on. ValueError: too long."""
        network.hostname(name)
        self.hostname = name

    def network(self):
        """(hostname, WiFi address, Ethernet address, rssi), "0.0.0.0" and None where there is none."""
        sta = self._links.get("sta")
        rssi = None
        if sta and sta.isconnected():
            try:
                rssi = sta.status("rssi")
            except OSError:
                pass  # its access point has forgotten it
        return self.hostname, _address(sta), _address(self._links.get("lan")), rssi

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
        try:
            self._nvs.set_blob("reset", reason.encode())
            self._nvs.commit()
        except OSError:
            pass  # NVS is full or broken: better without a reason than not at all
        machine.reset()

    # Why the chip has started: as the last run said, else as the chip says.
    def _reason(self):
        said = self._read("reset")
        if said:
            self._nvs.erase_key("reset")
            self._nvs.commit()
        if self.boot["rolled_back"]:
            return "OTA_ROLLBACK"
        return said or _CAUSES.get(machine.reset_cause(), "POWER_ON")

    # What tools/provision has said of this board, to NVS or in flash.bin; then NVS has it, whatever becomes of files.
    def _given(self, key):
        text = self._read(key)
        if not text:
            try:
                text = json.loads(self.provisioned() or "{}").get(key, "")
                if text:
                    self._nvs.set_blob(key, text.encode())
                    self._nvs.commit()
            except (OSError, ValueError, AttributeError):  # none, no JSON, no texts in it; or no room in NVS
                text = text if isinstance(text, str) else ""
        return text

    def _read(self, key):
        buf = bytearray(_TEXT)
        try:
            return bytes(buf[: self._nvs.get_blob(key, buf)]).decode()
        except (OSError, UnicodeError):
            return ""


def _nothing():
    pass


def _as_pins(arguments, *names):
    for name in names:
        if name in arguments:
            arguments[name] = machine.Pin(arguments[name])
    return arguments


def _address(link):
    # An Ethernet's isconnected() is not asked: until 1.27 the port takes WiFi's events for those of its own.
    if link and link.active():
        return link.ifconfig()[0]
    return "0.0.0.0"
