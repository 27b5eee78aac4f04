"""The desktop's board: the same interface as the chip's board (firmware/board.py), with files for the hardware."""

import gc
import json
import os
import time

from host_sim.hardware import flash
from host_sim.clock import Clock

#: Bytes of heap of the 64-bit port, whose objects are twice as large as the chip's. A heap below the first has no room
#: for the history; below the second the board serves fewer requests at a time, and none over TLS.
_HISTORY_HEAP, _SMALL_HEAP = 230000, 290000


_SIZES = {"state": 0x10000, "history": 0x40000, "otadata": 0x2000, "slot1": 0x1B0000, "slot2": 0x1B0000}


_WATCHDOG_MS = 60000  # as firmware/board.py


def _nothing():
    pass


def _rom():
    """Bytes of the heap that hold what is in flash on the chip, see staging/mount.py."""
    try:
        return os.statvfs("/rom")[2]  # one block is one byte
    except OSError:
        return 0


class Reset(SystemExit):
    """The board restarts. reset() raises it; on the chip machine.reset() does not return."""


class Cable:
    """The part of network.LAN that shows the host's network as a plugged cable. address: its fixed IPv4 address."""

    def __init__(self, address):
        self.address = address

    def active(self, *state):
        return True

    def ifconfig(self, *fixed):
        return self.address, "255.0.0.0", "0.0.0.0", "0.0.0.0"

    def ipconfig(self, **values):
        pass

    def status(self):
        return 5  # ETH_GOT_IP


class Slot:
    """An application partition, with the methods that an update needs. set_boot() imports the rest."""

    def __init__(self, board, label):
        part = board.partition(label)
        self.readblocks = part.readblocks
        self.writeblocks = part.writeblocks
        self.ioctl = part.ioctl
        self._board = board
        self._label = label

    def set_boot(self):
        """Start this slot next."""
        self._board.port()(self._label).set_boot()


class Board:
    """One simulated reader; its flash and its MAC live in the folder `path`.

    listen  (host, port) of the API
    clock   a host_sim.clock.Clock, which the meter shares
    boot    the dict BOOT of boot.py, see firmware/board.py; None if boot.py has not run
    """

    name = chip = "sim"
    stream_limits = 3, 5, 8  # WebSockets, event streams, both; the chip has fewer sockets
    sockets = 16  # as on the chip
    own_sockets = 5
    request_limit = 6, 6  # requests served at the same time, requests that may wait for their turn
    memory_limits = 5000, 14000, 44000  # see firmware/board.py
    secure_limit = 3
    secure_port = None  # port of HTTPS, used if a certificate was provisioned
    #: [(address, port)] of the time servers; None would mean the public ones.
    time_servers = ()
    #: {service: base address} of prices and exchange rates. Never the real services: here a port where nobody listens.
    sites = {name: "http://127.0.0.1:9" for name in ("elprisetjustnu", "energycharts", "elering", "ecb")}
    roots = None  # certificates of the authorities for https, DER
    names = None  # (host, port) of setup mode's DNS server
    mdns = None  # not needed: the host has its own names
    console = None  # the creator of the board sets it
    updates = None  # base address of the update server
    channel = "release"
    authority = None  # see firmware/board.py
    spare_uart = None  # path of the file that gets what the second UART sends; the creator of the board sets it
    psram = True  # False: a board without PSRAM, which cannot run an image with files

    def __init__(self, path, listen=("127.0.0.1", 8080), clock=None, boot=None):
        self.boot = boot or {
            "slot": "slot1", "manifest": None, "rolled_back": None, "safe": False, "boots": 1, "pending": False,
            "healthy": _nothing, "activating": _nothing,
        }  # fmt: skip
        self.listen = listen
        self.uart = None  # the creator of the board sets it
        self.clock = clock or Clock()
        self._path = path
        self._least = self._fed = None
        self._files = {}
        self.cable = None  # network.LAN, None for a board without one; the creator of the board sets it
        self.pressed = False  # state of the button
        self.lit = False
        self._radio = None
        if self._below(_SMALL_HEAP):
            self.request_limit = 5, 1
            self.memory_limits = 2500, 6000, 20000
        else:
            self.secure_port = listen[1] + 363  # 8443 beside 8080
        self._state = self._load()
        self.reset_reason = self._state.pop("reset", "POWER_ON")
        self.last_words = self._state.pop("died", "")
        if self.boot["rolled_back"]:
            self.reset_reason = "OTA_ROLLBACK"
        self.mac = bytes(self._state["mac"])
        self.hostname = self._state.get("name") or "han-reader-" + self.mac.hex()[8:]
        self._save()

    # Time

    def ticks_ms(self):
        """Milliseconds since the clock's zero, at the clock's speed."""
        return self.clock.ticks_us() // 1000

    def ticks_diff(self, a, b):
        """Milliseconds from tick b to a later tick a."""
        return a - b

    def utc_ms(self):
        """Unix milliseconds: the host's time at the clock's zero, then at the clock's speed."""
        return self.clock.utc_us(self.clock.ticks_us()) // 1000

    # Memory

    def _below(self, size):
        return hasattr(gc, "mem_free") and gc.mem_alloc() + gc.mem_free() - _rom() < size

    def partition(self, name):
        """The flash partition with this label, as esp32.Partition; OSError if there is none."""
        if name not in self._files:
            if name == "history" and self._below(_HISTORY_HEAP):
                raise OSError(19, "no room for a history in a heap below %d kB" % (_HISTORY_HEAP // 1000))
            size = _SIZES.get(name)
            if not size:
                raise OSError(19, "no partition " + name)
            self._files[name] = flash.partition(self._path + "/" + name + ".bin", size, name)
        return self._files[name]

    def provisioned(self):
        """The configuration that came with flash.bin, JSON text; None if it had none."""
        try:
            with open(self._path + "/config.json") as file:
                return file.read()
        except OSError:
            return None

    def slots(self):
        """(running, other): the two application partitions."""
        running = self.boot["slot"]
        return Slot(self, running), Slot(self, "slot1" if running == "slot2" else "slot2")

    def port(self):
        """The class esp32.Partition, as in MicroPython's port."""
        from host_sim.hardware.esp32 import Esp32

        parts = {name: self.partition(name) for name in ("otadata", "slot1", "slot2")}
        return Esp32(parts, self.boot["slot"]).Partition

    def no_files(self):
        """Why an image with files cannot run here, a text; None if it can. See firmware/board.py.

        The simulated board always has boot.py and main.py.
        """
        if not self.psram:
            return "needs a board with PSRAM, and this one has none in use: take a release with everything frozen in"

    def confirm(self):
        """Confirm the running application: the next start does not roll back."""
        if self.boot["pending"]:
            self.port().mark_app_valid_cancel_rollback()
            self.boot["pending"] = False
        self.boot["healthy"]()

    def heap(self):
        """(total, free, least free so far) bytes of the heap; under CPython of the host's memory."""
        if hasattr(gc, "mem_free"):
            free = gc.mem_free()
            total = free + gc.mem_alloc() - _rom()
        else:
            page = os.sysconf("SC_PAGE_SIZE")
            total = os.sysconf("SC_PHYS_PAGES") * page
            try:
                free = os.sysconf("SC_AVPHYS_PAGES") * page
            except ValueError:  # macOS
                free = total
        if self._least is None or free < self._least:
            self._least = free
        return total, free, self._least

    def system_heap(self):
        """None: a desktop has no system heap to watch."""

    def random(self, n):
        """n random bytes from the host."""
        return os.urandom(n)

    # The rest of the chip

    def lan(self):
        """The network.LAN; None for a board without one."""
        return self.cable

    def radio(self):
        """The host_sim.radio.Radio, created on the first call; its air is a small neighbourhood."""
        if self._radio is None:
            # Imported here, as a small heap has no room for modules that are not used.
            from host_sim.radio import Radio
            from host_sim.radio.air import neighbourhood

            self._radio = Radio(self.ticks_ms, self.listen[0])
            self._radio.air.points = neighbourhood(self.listen[0])
        return self._radio

    def wlan(self, kind):
        """The network.WLAN "sta" (station) or "ap" (access point)."""
        return getattr(self.radio(), kind)

    def set_hostname(self, name):
        """Set the host name."""
        self.hostname = name

    def button(self):
        """True while it is pressed."""
        return self.pressed

    def led(self, on):
        """Switch the LED."""
        self.lit = on

    def plug(self):
        """The second UART. OSError: its file cannot be opened."""
        from host_sim.hardware.plug import Plug

        return Plug(self.spare_uart)

    def feed(self):
        """Feed the watchdog. The parent process watches the file that this writes: see host_sim.supervisor."""
        now = int(time.time())
        if now != self._fed:
            self._fed = now
            with open(self._path + "/watchdog", "w") as file:
                file.write("%d %d" % (_WATCHDOG_MS, now))

    def died(self, error):
        """Keep the error of an application that could not be created: the next start has it as last_words."""
        manifest = self.boot["manifest"] or {}
        self._state["died"] = "%s %s: %s" % (manifest.get("version", "?"), type(error).__name__, error)

    def reset(self, reason):
        """Restart the board: raises Reset. The next start has `reason` (a rebootReason of the API) as reset_reason."""
        self._state["reset"] = reason
        self._save()
        raise Reset(75)  # host_sim.supervisor.RESTART

    def close(self):
        """Close the files, at the end of the process."""
        for file in self._files.values():
            file.close()

    # A power cut leaves either the old file or the new one.
    def _save(self):
        path = self._path + "/board.json"
        with open(path + ".new", "w") as file:
            json.dump(self._state, file)
        os.rename(path + ".new", path)

    def _load(self):
        state = {}
        try:
            with open(self._path + "/board.json") as file:
                state = json.load(file)
            if len(bytes(state["mac"])) == 6:
                return state
        except (OSError, ValueError, KeyError, TypeError):
            pass
        # A locally administered address belongs to no maker. A name may have been set before the first start.
        return {"mac": list(b"\x02HN" + os.urandom(3)), "name": state.get("name") if isinstance(state, dict) else None}
