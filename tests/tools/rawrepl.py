"""A board on a serial cable, as mpremote sees it: the raw REPL on a pseudo-terminal, MicroPython's unix port behind it.

/app and /lib are file systems of their own there.
"""

import os
import pty
import subprocess
import threading
import tty

from staging import unix

_LOOP = """
import os, sys
class Disk:
    def __init__(self, sectors):
        self.data = bytearray(b"\\xff" * (sectors * 4096))
    def readblocks(self, n, buf, off=0):
        buf[:] = self.data[n * 4096 + off : n * 4096 + off + len(buf)]
    def writeblocks(self, n, buf, off=0):
        self.data[n * 4096 + off : n * 4096 + off + len(buf)] = buf
    def ioctl(self, op, arg):
        if op == 6:
            self.data[arg * 4096 : arg * 4096 + 4096] = b"\\xff" * 4096
            return 0
        return {4: len(self.data) // 4096, 5: 4096}.get(op, 0)
class Machine:
    def WDT(self, timeout):
        pass
    def reset(self):
        pass
sys.modules["machine"] = Machine()
for path in ("/app", "/lib"):
    disk = Disk(SECTORS)
    os.VfsLfs2.mkfs(disk)
    os.mount(os.VfsLfs2(disk), path)
while True:
    count = sys.stdin.readline()
    if not count:
        break
    code = sys.stdin.buffer.read(int(count))
    error = ""
    try:
        exec(code, SPACE)
    except BaseException as caught:
        import io
        text = io.StringIO()
        sys.print_exception(caught, text)
        error = text.getvalue()
    sys.stdout.write("\\x04" + error + "\\x04>")
"""


class Device:
    """`port` is where mpremote connects to.

    folder    what is the board's root, such as main.py; MicroPython's working folder
    boot      source of what boot.py leaves in the globals
    sectors   of /lib's and of /app's file system
    """

    def __init__(self, folder, boot="", sectors=200):
        script = folder / "loop.py"
        space = "SPACE = {'__name__': '__main__'}\nexec(%r, SPACE)\nSECTORS = %d\n" % (boot, sectors)
        script.write_text(space + _LOOP)
        self.resets = 0
        self._python = subprocess.Popen(
            unix.command(script), cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        threading.Thread(target=self._serve, daemon=True).start()

    def run(self, code):
        """Run code as if it were there already."""
        self._execute(code.encode(), echo=lambda data: None)

    def close(self):
        """Unplug the board."""
        self._python.stdin.close()
        self._python.wait()
        os.close(self._slave)
        os.close(self._master)

    def _write(self, data):
        os.write(self._master, data)

    def _execute(self, code, echo):
        self._python.stdin.write(b"%d\n" % len(code) + code)
        self._python.stdin.flush()
        ends = 0
        while ends < 2:
            byte = self._python.stdout.read(1)
            ends += byte == b"\x04"
            echo(byte)
        echo(self._python.stdout.read(1))

    def _serve(self):
        code = b""
        try:
            while True:
                for byte in os.read(self._master, 1):
                    if byte == 1:  # Ctrl-A
                        self._write(b"raw REPL; CTRL-B to exit\r\n>")
                        code = b""
                    elif byte in (2, 3):  # Ctrl-B, Ctrl-C
                        code = b""
                    elif byte != 4:  # what asks for raw paste mode, Ctrl-E A Ctrl-A, only shows the banner again
                        code += bytes((byte,))
                    elif code.strip():
                        self._write(b"OK")
                        self._execute(code, self._write)
                        code = b""
                    else:  # Ctrl-D alone
                        self.resets += 1
                        self._write(b"OK\r\nMPY: soft reboot\r\nraw REPL; CTRL-B to exit\r\n>")
        except OSError:
            pass  # unplugged
