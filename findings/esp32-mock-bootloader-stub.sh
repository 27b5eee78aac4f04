#!/bin/sh
# esp32-mock-bootloader 0.3.0, a chip's serial bootloader for tests, forgets that esptool's stub runs.
#
# Three seconds by the clock after a write has ended it takes the next byte for another session's, and answers as the
# ROM does. esptool 5.6.0 still talks to its stub: it asks for the MD5 of what it wrote, wants 16 bytes and a status,
# and gets 32 hex digits, two of which it takes for the status. A test that flashes and verifies passes on an idle
# machine and fails on a busy one, with a message that points to the flash. A real chip keeps its stub until a reset.
#
# A way round: set esp32_mock_bootloader.server._FLASH_END_IDLE_SEC to math.inf before the server runs.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet esp32-mock-bootloader==0.3.0 esptool==5.6.0
PATH="$folder/venv/bin:$PATH" python - "$folder/port" >"$folder/seen" <<'END'
import hashlib, os, subprocess, sys, time

import esptool
from esptool.cmds import detect_chip, run_stub

esptool.logger.log.set_verbosity("silent")
told = sys.argv[1]
mock = subprocess.Popen(["esp32-mock-bootloader", "run", "--pty", "--chip", "esp32", "--port-file", told],
                        stdout=subprocess.DEVNULL)
try:
    while not (os.path.exists(told) and open(told).read()):
        assert mock.poll() is None
        time.sleep(0.1)
    data = bytes(range(256)) * 64
    right = hashlib.md5(data).hexdigest()
    print("MD5 of what was written: %s… %s…" % (right[:4], right[16:18]))
    for pause in (0, 5):
        with run_stub(detect_chip(open(told).read().strip())) as chip:
            chip.flash_begin(len(data), 0x10000)
            for at in range(0, len(data), chip.FLASH_WRITE_SIZE):
                chip.flash_block(data[at : at + chip.FLASH_WRITE_SIZE], at // chip.FLASH_WRITE_SIZE)
            chip.flash_finish(False)
            time.sleep(pause)
            try:
                print("after %d s: right" % pause if chip.flash_md5sum(0x10000, len(data)) == right else "wrong")
            except esptool.FatalError as error:
                print("after %d s: %s" % (pause, error))
finally:
    mock.kill()
END
cat "$folder/seen"
diff - "$folder/seen" <<'END'
MD5 of what was written: 3df6… a3…
after 0 s: right
after 5 s: Failed to calculate md5sum (result was 6133: Unknown result)
END
