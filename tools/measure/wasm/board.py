"""An empty board, to measure the size of the application's objects: see ../heap32.py."""

class _Flash:
    """A partition in a file."""

    def __init__(self, name, sectors):
        self._file = open(name, "w+b")
        self._file.write(b"\xff" * (4096 * sectors))
        self._sectors = sectors

    def readblocks(self, block, buf, offset=0):
        self._file.seek(4096 * block + offset)
        self._file.readinto(buf)

    def writeblocks(self, block, buf, offset=0):
        self._file.seek(4096 * block + offset)
        self._file.write(buf)

    def ioctl(self, op, arg):
        if op == 4:
            return self._sectors
        if op == 5:
            return 4096
        if op == 6:
            self.writeblocks(arg, b"\xff" * 4096)
        return 0


class Uart:
    any_setting = True

    def __init__(self, telegram):
        self._telegram = telegram
        self._at = len(telegram)

    def configure(self, *line):
        pass

    def send(self):
        """Let the telegram arrive again."""
        self._at = 0

    def readinto(self, buf):
        n = min(len(buf), len(self._telegram) - self._at)
        for i in range(n):
            buf[i] = self._telegram[self._at + i]
        self._at += n
        return n


class Board:
    name = "measured"
    chip = "none"
    model = "HAN"
    mac = b"\x02\x00\x5e\x10\xab\xcd"
    hostname = "han-reader-10abcd"
    reset_reason = "POWER_ON"
    last_words = ""
    sockets = 16
    own_sockets = 5
    stream_limits = 3, 3, 6
    request_limit = 3, 2
    memory_limits = 6000, 14000, 32000
    secure_port = names = cable = updates = authority = roots = sites = None
    time_servers = ()
    channel = "release"
    listen = "0.0.0.0", 80

    def __init__(self, telegram):
        self.uart = Uart(telegram)
        self.now = 0
        self.boot = {
            "slot": "slot1", "manifest": None, "rolled_back": None, "safe": False, "boots": 1, "pending": False,
            "healthy": list, "activating": list,
        }  # fmt: skip

    def partition(self, label):
        return _Flash("/" + label, {"state": 16, "history": 64}[label])

    def provisioned(self):
        return None

    def ticks_ms(self):
        return self.now

    def ticks_diff(self, a, b):
        return a - b

    def utc_ms(self):
        return None

    def random(self, n):
        return bytes(n)

    def feed(self):
        pass


def read(app, count):
    """Let so many telegrams arrive, ten seconds apart; returns the number of readings."""
    for _ in range(count):
        app.board.now += 10000
        app.board.uart.send()
        while app.link.step():
            pass
        for _ in range(3):
            app.board.now += 500
            app.link.step()
    return app.link.live.seq
