"""flash.bin, as it is made, starts: the simulated loader, boot.py of its file system, MicroPython's own mount."""

import subprocess

from tests.tools import micropython
from tools import build, sign, stage, unix
from tools.image import application, esp_image, files, flash, partitions, slot

START = """
import sys, vfs
folder, root = sys.argv[1], sys.argv[2]
sys.path.insert(0, root)
from host_sim import chip, flash, machine
parts = {}
for label in ("otadata", "slot1", "slot2", "state"):
    file = open("%s/%s" % (folder, label), "r+b")
    size = file.seek(0, 2)
    parts[label] = flash.Partition(file, size, label)
with open(folder + "/boot.py") as file:
    code = file.read()
def run():
    space = {}
    exec(code, space)
    return space["BOOT"]
label = chip.load(parts)
boot, added = chip.boot(parts, label, machine.Machine(1), vfs, run)
print(label, boot["slot"], boot["manifest"]["version"], boot["rolled_back"], boot["boots"], added)
sys.path[:] = added + [".frozen"]
for name in list(sys.modules):
    if name.startswith("han"):
        del sys.modules[name]
import han.app
from han.ota.keys import KEYS
print(han.__version__, han.__file__, len(KEYS), len(KEYS[0]))
"""


def test_a_new_board_starts_what_was_built(tmp_path):
    app = esp_image.made("1.29.0", 0)
    # The unix port runs it, so the code is for that; everything else is as for a chip.
    code = application.files(application.SIM, "7.6.5.4")
    image = slot.make(app, "ESP32", code, "7.6.5.4", build.MIN_VERSION, "1.29.0", sign.development_key())
    data = flash.make(4, esp_image.CHIPS[0], micropython.bootloader(), image)
    for part in partitions.layout(4):
        (tmp_path / part.name).write_bytes(data[part.offset : part.end])
    (tmp_path / "boot.py").write_bytes(files.read((tmp_path / "vfs").read_bytes(), 4096)["boot.py"])
    (tmp_path / "start.py").write_text(START)
    done = subprocess.run(unix.command(tmp_path / "start.py", tmp_path, stage.ROOT), capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        "slot1 slot1 7.6.5.4 None 1 ['/app']",
        "7.6.5.4 /app/han/__init__.mpy 1 384",
    ], done.stdout + done.stderr
