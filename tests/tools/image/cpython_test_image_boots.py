"""flash.bin, as it is made, starts: the simulated loader, boot.py of its file system, MicroPython's own mounts."""

import subprocess

import pytest

from host_sim import compiled, standin
from staging import keyring, stage, unix
from tests.tools.image import micropython
from tools import build
from tools.image import application, esp_image, flash, partitions, slot

# As MicroPython starts a chip: whatever file system is in `vfs` is mounted, then its boot.py and main.py are compiled.
START = """
import gc, sys, vfs
folder, root = sys.argv[1], sys.argv[2]
sys.path[:] = [root, ".frozen"]
from host_sim.hardware import chip, flash, machine
parts = {}
for label in ("otadata", "slot1", "slot2", "state", "vfs"):
    file = open("%s/%s" % (folder, label), "r+b", buffering=0)
    size = file.seek(0, 2)
    parts[label] = flash.Partition(file, size, label)
vfs.mount(parts["vfs"], "/own")
label = chip.load(parts)
def run():
    sys.path[:] = ["/own"]
    boot = __import__("boot")
    print(boot.__file__, sys.path)
    return boot.BOOT
gc.collect()
boot, added = chip.boot(parts, label, machine.Machine(1), vfs, run)
print(label, boot["slot"], boot["manifest"]["version"], boot["rolled_back"], boot["boots"])
sys.path[:] = ["/own", ".frozen"]
print(__import__("main").__file__)
"""
GO_ON = """
sys.path[:] = ["/app", ".frozen"]
import han.app
from han.ota.keys import KEYS
print(han.__version__, han.__file__, len(KEYS), len(KEYS[0]))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One with each partition of a flash.bin in a file. Its code is for the unix port, all else is as for a chip."""
    folder = tmp_path_factory.mktemp("flash")
    app = standin.application("1.29.0", 0)
    code = application.files(application.SIM, "7.6.5.4")
    image = slot.make(app, "ESP32", code, "7.6.5.4", build.MIN_VERSION, "1.29.0", keyring.development_key())
    data = flash.make(4, esp_image.CHIPS[0], micropython.bootloader(), image)
    for part in partitions.layout(4):
        (folder / part.name).write_bytes(data[part.offset : part.end])
    return folder


def started(folder, heap, code):
    """The lines that MicroPython prints in a heap of that size, from sources that are compiled there."""
    (folder / "state").write_bytes(b"\xff" * 0x10000)
    (folder / "start.py").write_text(code)
    compiled.stage_all()
    command = unix.command(folder / "start.py", folder, stage.BUILD / "host_sim", heap=heap)
    done = subprocess.run(command, capture_output=True, text=True)
    assert not done.returncode, done.stdout + done.stderr
    return done.stdout.splitlines()


STARTED = ["/own/boot.py ['/app', '/own']", "slot1 slot1 7.6.5.4 None 1", "/own/main.py"]


def test_a_new_board_starts_what_was_built(folder):
    assert started(folder, "64M", START + GO_ON) == [*STARTED, "7.6.5.4 /app/han/__init__.mpy 1 384"]


def test_what_starts_it_is_compiled_in_a_small_heap(folder):
    # The chip's first heap has 56 kB, which is 112 kB here. This one must also hold the simulated flash and loader.
    # It takes 77 to 80 kB: what a conservative collector finds on the stack differs between computers.
    assert started(folder, "96k", START) == STARTED
