"""The modules machine, esp32 and network as in the ESP32 port, with a board behind them that tests control.

Signatures, errors and default results are those of the port; nothing else exists here.
"""

import io
import sys

from host_sim.hardware import flash

_SMALL = 1 << 30


class Restart(Exception):
    """machine.reset() was called."""


class Chip:
    """The hardware behind the three modules; it survives resets and power cuts."""

    def __init__(self):
        self.nvs = {}  # contents after commit()
        self.cause = 1
        self.pins = {}  # number -> Pin
        self.uarts = {}
        self.watchdog = None  # its time-out, ms
        self.fed = 0
        self.wlans = []  # interfaces, in the order in which they were made
        self.lan = None
        self.lights = []  # what machine.bitstream sent
        self.hostname = "mpy-esp32"
        self.partitions = {"state": 0x10000, "history": 0x40000, "vfs": 0x40000}
        self.contents = {}
        self.apps = ["ota_0", "ota_1"]
        self.confirmed = False
        self.heaps = [(240, 0, 0, 0), (7288, 4, 4, 4), (113840, 60000, 55000, 41000), (16648, 8000, 8000, 7000)]
        self.free = 90000  # of Python's heap
        self.broken_nvs = ""  # "full": nothing can be written; "damaged": not even opened
        self.lan_fault = None  # what network.LAN raises
        self.lans = 0  # number of calls of network.LAN
        self.nvs_uncommitted = {}
        self.typed = b""  # what has come on the console, and what was sent there
        self.said = b""
        self.interrupts = 3  # the character that ends the program, -1: none

    def restart(self, cause=2):
        """Reset everything but the flash; cause as of machine.reset_cause()."""
        kept = self.nvs, self.partitions, self.contents, self.apps
        self.__init__()
        self.nvs, self.partitions, self.contents, self.apps = kept
        self.cause = cause


def boot(**given):
    """BOOT of boot.py on a board that has started normally, with these changes."""
    left = {
        "slot": "slot1", "manifest": None, "rolled_back": None, "safe": False, "boots": 1, "pending": False,
        "healthy": list, "activating": list,
    }  # fmt: skip
    left.update(given)
    return left


def install(chip):
    """Put the modules into sys.modules (machine, esp32 and network stay there); returns a fresh module `board`."""
    sys.modules["machine"] = Machine(chip)
    sys.modules["esp32"] = Esp32(chip)
    sys.modules["network"] = Network(chip)
    stand_ins = {"time": Time(), "micropython": Micropython(chip), "select": Select(chip)}
    real = {name: sys.modules.get(name) for name in stand_ins}
    sys.modules.update(stand_ins)
    for name in ("board", "begin", "console", "pins", "plug"):
        sys.modules.pop(name, None)
    path = __file__.rsplit("/", 3)[0] + "/firmware"
    if path not in sys.path:
        sys.path.insert(0, path)
    try:
        board = __import__("board")
        board.gc = Gc(chip)
        sys.modules["console"].sys = Sys(chip)
        return board
    finally:
        for name, module in real.items():
            del sys.modules[name]
            if module:
                sys.modules[name] = module


def small(number):
    """The number; asserts that it needs no object on the chip."""
    assert isinstance(number, int) and -_SMALL <= number < _SMALL, number
    return number


class Gc:
    """The figures of module gc."""

    def __init__(self, chip):
        self._chip = chip

    def mem_free(self):
        return self._chip.free

    def mem_alloc(self):
        return 50000


class Time:
    """The ticks of module time: they wrap after 2**30 ms."""

    @staticmethod
    def sleep_us(us):
        assert 0 < us <= 1000  # the loop stands still

    now = _SMALL - 100

    def ticks_ms(self):
        return self.now % _SMALL

    def ticks_diff(self, a, b):
        return (a - b + (_SMALL >> 1)) % _SMALL - (_SMALL >> 1)


class Machine:
    PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5

    def __init__(self, chip):
        class _Pin(Pin):
            _chip = chip

        class _Uart(Uart):
            _chip = chip

        self._chip = chip
        self.Pin = _Pin
        self.UART = _Uart
        self.SPI = Spi

    def unique_id(self):
        return b"\x24\x0a\xc4\x12\x34\xab"

    def reset_cause(self):
        return self._chip.cause

    def reset(self):
        self._chip.nvs_uncommitted = {}
        raise Restart

    def bitstream(self, pin, encoding, timing, data):
        assert isinstance(pin, Pin) and pin.mode == Pin.OUT and encoding == 0 and len(timing) == 4
        self._chip.lights.append((pin.number, data))

    def WDT(self, id=0, timeout=5000):
        if id:
            raise ValueError("WDT does not exist")
        assert timeout >= 1000
        self._chip.watchdog = small(timeout)
        return Watchdog(self._chip)


class Watchdog:
    def __init__(self, chip):
        self._chip = chip

    def feed(self):
        self._chip.fed += 1


class Micropython:
    def __init__(self, chip):
        self._chip = chip

    def kbd_intr(self, character):
        self._chip.interrupts = character


class Select:
    """The part of module select that the console needs."""

    POLLIN = 1

    def __init__(self, chip):
        self._chip = chip

    def poll(self):
        return Poll(self._chip)


class Poll:
    def __init__(self, chip):
        self._chip = chip

    def register(self, stream, events):
        assert stream.buffer is stream and events == Select.POLLIN

    def poll(self, timeout):
        assert timeout == 0
        return [(None, Select.POLLIN)] if self._chip.typed else []


class Sys:
    """sys, with the console's streams."""

    modules = sys.modules

    def __init__(self, chip):
        self.stdin = self.stdout = Stream(chip)


class Stream:
    """A stream that asserts that it was polled before it is read: else the read would block."""

    def __init__(self, chip):
        self._chip = chip
        self.buffer = self

    def read(self, count):
        assert self._chip.typed, "nothing has come"
        data, self._chip.typed = self._chip.typed[:count], self._chip.typed[count:]
        return data

    def write(self, data):
        self._chip.said += data
        return len(data)


class Pin:
    IN, OUT, OPEN_DRAIN = 1, 3, 7
    PULL_DOWN, PULL_UP = 1, 2

    def __init__(self, number, mode=-1, pull=-1, *, value=None, drive=0, hold=None):
        # 6 to 11 are the flash, 20, 24 and 28 to 31 do not exist.
        if number not in (0, 1, 2, 3, 4, 5) + tuple(range(12, 20)) + (21, 22, 23, 25, 26, 27) + tuple(range(32, 40)):
            raise ValueError("invalid pin")
        if mode == self.OUT and number >= 34:
            raise ValueError("pin can only be input")
        assert number < 34 or pull in (-1, None), "no such resistor on an input-only pin"
        self.number, self.mode, self.pull, self._value = number, mode, pull, value
        if mode != -1:
            self._chip.pins[number] = self

    def value(self, *x):
        if x:
            self._value = int(x[0])
        elif self.mode == self.IN:
            return 1 if self._value is None else self._value
        else:
            return self._value


class PinOther(Pin):
    """A pin of a chip with uniform pins; `numbers` are those that a program may use."""

    numbers = ()

    def __init__(self, number, mode=-1, pull=-1, *, value=None, drive=0, hold=None):
        if number not in self.numbers:
            raise ValueError("invalid pin")
        self.number, self.mode, self.pull, self._value = number, mode, pull, value
        if mode != -1:
            self._chip.pins[number] = self


#: Without those of the flash and of USB.
PINS = {
    "ESP32-S3": tuple(range(19)) + (21,) + tuple(range(33, 49)),
    "ESP32-C3": tuple(range(11)) + (20, 21),
    "ESP32-C6": tuple(range(12)) + tuple(range(14, 24)),
}
#: Pins of the console if it is on a UART.
CONSOLE = {"ESP32": (1, 3), "ESP32-S3": (43, 44), "ESP32-C3": (20, 21), "ESP32-C6": (16, 17)}


class Uart:
    """A UART that receives the bytes in `wire`. The line rests at `level`; a falling level gives it a zero byte."""

    INV_TX, INV_RX, INV_RTS, INV_CTS = 32, 4, 64, 8

    def __init__(self, id, *arguments, **named):
        if not 0 <= id <= 2:
            raise ValueError("UART(%d) does not exist" % id)
        assert id, "that is the REPL"
        self.rxbuf = 256
        self.installed = 0
        self.wire = b""
        self.settings = None
        self.pins = None
        self.level = None
        self.txbuf = 256
        self.sending = 0  # bytes in the buffer
        self.sent = b""
        self.living = True
        self._chip.uarts[id] = self
        self.init(*arguments, **named)

    def init(
        self, baudrate=0, bits=0, parity=-1, stop=0, *, tx=None, rx=None, rts=None, cts=None, txbuf=-1, rxbuf=-1,
        timeout=0, timeout_char=0, invert=0, flow=0,
    ):  # fmt: skip
        if bits not in (0, 5, 6, 7, 8):
            raise ValueError("invalid data bits")
        if stop not in (0, 1, 2):
            raise ValueError("invalid stop bits")
        if invert & ~0x6C:
            raise ValueError("invalid inversion mask")
        if rxbuf >= 0:
            assert rxbuf > 128
            self.rxbuf = small(rxbuf)
            self.installed += 1  # from the system's heap
        if txbuf >= 0:
            self.txbuf = small(txbuf)
        if tx is not None and rx is not None:
            self.pins = small(tx), small(rx)
        assert timeout == 0
        before = self.settings
        self.settings = small(baudrate), bits, parity, stop, invert
        if self.level is not None and before[4] != invert and self.level ^ bool(invert & self.INV_RX) == 0:
            self.wire += b"\0"

    def any(self):
        return len(self.wire)

    def write(self, data):
        assert self.living
        # The buffer keeps parts of a piece with their headers, and none across its end: it waits before it is full.
        assert self.sending + len(data) <= self.txbuf // 2, "this waits"
        self.sending += len(data)
        self.sent += bytes(data)
        return len(data)

    def txdone(self):
        return not self.sending

    def deinit(self):
        self.living = False

    def readinto(self, buf):
        n = min(len(buf), len(self.wire))
        if not n:
            return None
        buf[:n] = self.wire[:n]
        self.wire = self.wire[n:]
        return n


class Spi:
    def __init__(self, id, baudrate=500000, *, sck=None, mosi=None, miso=None):
        assert id in (1, 2) and isinstance(sck, Pin) and isinstance(mosi, Pin) and isinstance(miso, Pin)
        self.lines = id, sck.number, mosi.number, miso.number


class Esp32:
    HEAP_DATA, HEAP_EXEC = 4, 1

    def __init__(self, chip):
        class _Partition(Partition):
            _chip = chip

        class _Nvs(Nvs):
            _chip = chip

        self._chip = chip
        self.Partition = _Partition
        self.NVS = _Nvs

    def idf_heap_info(self, capabilities):
        assert capabilities == self.HEAP_DATA
        return list(self._chip.heaps)


class Nvs:
    def __init__(self, namespace):
        assert len(namespace) <= 15
        if self._chip.broken_nvs == "damaged":
            raise OSError(-0x1101, "ESP_ERR_NVS_NOT_INITIALIZED")
        self._name = namespace

    def get_blob(self, key, buffer):
        try:
            value = self._chip.nvs_uncommitted.get(key) or self._chip.nvs[key]
        except KeyError:
            raise OSError(-0x1102, "ESP_ERR_NVS_NOT_FOUND")  # noqa: B904  as the port does
        if len(value) > len(buffer):
            raise OSError(-0x110C, "ESP_ERR_NVS_INVALID_LENGTH")
        buffer[: len(value)] = value
        return len(value)

    def set_blob(self, key, value):
        if self._chip.broken_nvs:
            raise OSError(-0x1105, "ESP_ERR_NVS_NOT_ENOUGH_SPACE")
        assert len(key) <= 15
        self._chip.nvs_uncommitted[key] = bytes(value)

    def erase_key(self, key):
        if self._chip.broken_nvs:
            raise OSError(-0x1105, "ESP_ERR_NVS_NOT_ENOUGH_SPACE")
        if key not in self._chip.nvs:
            raise OSError(-0x1102, "ESP_ERR_NVS_NOT_FOUND")
        del self._chip.nvs[key]

    def commit(self):
        self._chip.nvs.update(self._chip.nvs_uncommitted)
        self._chip.nvs_uncommitted = {}


class Partition:
    TYPE_APP, TYPE_DATA, BOOT, RUNNING = 0, 1, 0, 1

    def __init__(self, which, block_size=4096):
        self._label = self._chip.apps[0] if which in (self.BOOT, self.RUNNING) else which
        if self._label not in list(self._chip.partitions) + self._chip.apps:
            raise OSError(2)

    @classmethod
    def find(cls, type=0, subtype=0xFF, *, label=None, block_size=4096):
        assert subtype == 0xFF and block_size == 4096
        names = cls._chip.partitions if type == cls.TYPE_DATA else cls._chip.apps
        return [cls(name) for name in names if label in (None, name)]

    def readblocks(self, block, buf, offset=0):
        self._flash().readblocks(block, buf, offset)
        return True

    def writeblocks(self, block, buf, offset=None):
        self._flash().writeblocks(block, buf, offset)
        return True

    def ioctl(self, op, arg=0):
        return self._flash().ioctl(op, arg)

    def _flash(self):
        contents = self._chip.contents
        size = self._chip.partitions[self._label]
        if self._label not in contents:
            contents[self._label] = flash.Partition(io.BytesIO(b"\xff" * size), size, self._label)
        return contents[self._label]

    def info(self):
        return 1, 0x81, 0x340000, self._chip.partitions[self._label], self._label, False

    def get_next_update(self):
        if len(self._chip.apps) < 2:
            raise OSError(-0x105, "ESP_ERR_NOT_FOUND")
        return type(self)(self._chip.apps[1])

    @classmethod
    def mark_app_valid_cancel_rollback(cls):
        cls._chip.confirmed = True


class Link:
    """An interface that is up if it has an address."""

    address = None

    def active(self):
        return self.address is not None

    def isconnected(self):
        return self.address is not None

    def ifconfig(self):
        return self.address or "0.0.0.0", "255.255.255.0", "192.168.2.1", "192.168.2.1"


class Wlan(Link):
    IF_STA, IF_AP = 0, 1

    def __init__(self, interface):
        assert interface in (0, 1)
        self.interface = interface
        self._active = False
        self._chip.wlans.append(interface)

    def active(self, *on):
        if on and on[0] and self.interface == self.IF_AP:
            # Calibrating the radio takes that, and without it ends everything: abort(), not an exception.
            assert sum([heap[1] for heap in self._chip.heaps]) >= 20000, "phy_init: failed to allocate memory"
        if on:
            self._active = on[0]
        return self._active or super().active()

    def status(self, what):
        assert what == "rssi"
        if self.address is None:
            raise OSError(-1, "STA not connected")
        return -61


class Network:
    PHY_LAN8710, PHY_LAN8720, PHY_IP101, PHY_W5500 = 0, 0, 1, 102

    def __init__(self, chip):
        class _Wlan(Wlan):
            _chip = chip

        self._chip = chip
        self.WLAN = _Wlan

    def hostname(self, *name):
        if not name:
            return self._chip.hostname
        if len(name[0]) > 32:
            raise ValueError
        self._chip.hostname = name[0]

    def LAN(
        self, id=None, *, mdc=None, mdio=None, reset=None, power=None, phy_addr, phy_type, spi=None, cs=None, int=None,
        ref_clk_mode=-1, ref_clk=None,
    ):  # fmt: skip
        if self._chip.lan:
            return self._chip.lan
        self._chip.lans += 1
        if self._chip.lan_fault:
            raise self._chip.lan_fault
        if not 0 <= phy_addr <= 31:
            raise ValueError("invalid phy address")
        if phy_type == self.PHY_W5500:
            assert isinstance(spi, Spi)
        elif mdc is None or mdio is None:
            raise ValueError("mdc and mdio must be specified")
        for pin in (mdc, mdio, reset, power, cs, int, ref_clk):
            assert pin is None or isinstance(pin, Pin)
        self._chip.lan = Link()
        named = {"mdc": mdc, "mdio": mdio, "reset": reset, "power": power, "cs": cs, "int": int, "clock": ref_clk}
        self._chip.lan.pins = {name: pin.number for name, pin in named.items() if pin is not None}
        self._chip.lan.settings = phy_type, phy_addr, ref_clk_mode, spi and spi.lines
        return self._chip.lan
