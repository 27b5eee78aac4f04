"""For development: `python -m tools.deploy [PORT]` copies changed modules to a board with mpremote and runs them.

Modules that differ from the application in the running slot go to /lib of the board's file system. MicroPython then
imports from a folder /dev that shows both, /lib before the slot. The next reset starts the signed application again,
so no experiment stays by accident. This shows the application's output until Ctrl-C. A board that has MicroPython but
no application in its slot always starts from /lib.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

from staging import ImageError
from tools.image import application, files

# Code for the board. It prints [{path: first digits of its SHA-256} of the slot's application, the same of /lib, free
# bytes].
_LIST = """
import binascii, hashlib, json, machine, os
machine.WDT(timeout=3600000)  # which boot.py has started, and which cannot be stopped
def walk(root, path, found):
    try:
        entries = list(os.ilistdir(root + path))
    except OSError:
        return found
    for entry in entries:
        name = path + "/" + entry[0]
        if entry[1] == 0x4000:
            walk(root, name, found)
        else:
            digest = hashlib.sha256()
            buf = bytearray(512)
            with open(root + name, "rb") as file:
                while True:
                    n = file.readinto(buf)
                    if not n:
                        break
                    digest.update(memoryview(buf)[:n])
            found[name[1:]] = binascii.hexlify(digest.digest()[:8]).decode()
    return found
stat = os.statvfs("/lib")
print("LIST " + json.dumps([walk("/app", "", {}), walk("/lib", "", {}), stat[0] * stat[3]]))
"""
_PREPARE = """
import os
for path in %r:
    os.remove("/lib/" + path)
for path in %r:
    try:
        os.mkdir(path)
    except OSError:
        pass
"""
_RUN = """
import os, sys, vfs
class Overlay:
    def mount(self, readonly, mkfs):
        pass
    def umount(self):
        pass
    def stat(self, path):
        try:
            return os.stat("/lib" + path)
        except OSError:
            return os.stat("/app" + path)
    def open(self, path, mode):
        try:
            return open("/lib" + path, mode)
        except OSError:
            return open("/app" + path, mode)
vfs.mount(Overlay(), "/dev")
sys.path.insert(0, "/dev")
from main import main
main(BOOT)
"""
# Sector of the board's file system. A file takes whole sectors, a folder takes two.
_SECTOR = 4096


def mpremote(port, *commands, capture=False):
    """Run mpremote with these commands (lists) in one connection; returns its output if `capture`, else None.

    ImageError if it fails.
    """
    line = [sys.executable, "-m", "mpremote"]
    if port:
        line += ["connect", port]
    for number, command in enumerate(commands):
        line += (["+"] if number or port else []) + command
    done = subprocess.run(line, stdout=subprocess.PIPE if capture else None, text=True)
    if done.returncode:
        raise ImageError("mpremote ended with %d: %s" % (done.returncode, (done.stdout or "").strip()[-500:]))
    return done.stdout


def changes(wanted, running, copied):
    """(paths to copy, paths to remove) for the files {path: bytes} of the application.

    running, copied   {path: digest} of the files in the slot, and in /lib
    """
    digests = {path: files.digest(data) for path, data in wanted.items()}
    differing = {path for path, digest in digests.items() if running.get(path) != digest}
    copy = sorted(path for path in differing if copied.get(path) != digests[path])
    return copy, sorted(set(copied) - differing)


def folders(paths):
    """The folders below /lib that the paths need, outer ones first."""
    found = {"/lib"}
    for path in paths:
        for parent in pathlib.PurePosixPath(path).parents:
            if parent.name:
                found.add("/lib/%s" % parent)
    return sorted(found)


def deploy(port=None):
    """Copy the changed modules and run them; ImageError if mpremote fails or the modules do not fit."""
    wanted = application.files(application.CHIP, application.project_version())
    said = mpremote(port, ["exec", _LIST], capture=True)
    lines = [line[5:] for line in said.splitlines() if line.startswith("LIST ")]
    if not lines:
        raise ImageError("the board did not list its files: %s" % said.strip()[-500:])
    running, copied, room = json.loads(lines[0])
    copy, remove = changes(wanted, running, copied)
    need = sum(-(-len(wanted[path]) // _SECTOR) * _SECTOR for path in copy) + 2 * _SECTOR * len(folders(copy))
    if need > room:
        raise ImageError(
            "%d changed modules take %d bytes, but the board's file system has room for %d: "
            "write a new image with tools.flash first" % (len(copy), need, room))
    print("%d modules to copy, %d to remove" % (len(copy), len(remove)), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        commands = [["resume"], ["exec", _PREPARE % (remove, folders(copy))]]
        for number, path in enumerate(copy):
            source = pathlib.Path(folder, str(number))
            source.write_bytes(wanted[path])
            commands.append(["cp", str(source), ":/lib/" + path])
        mpremote(port, *commands)
    mpremote(port, ["resume"], ["exec", _RUN])


def main(arguments):
    if len(arguments) > 1 or arguments[:1] in (["-h"], ["--help"]):
        print(__doc__)
        return 2
    try:
        deploy(*arguments)
    except ImageError as error:
        print("tools.deploy: %s" % error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass  # the user has seen enough
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
