"""Measures the upload of an image of 1.7 MB to the simulated board, as the page does it: MB/s and heap."""

import json
import os
import sys
import threading
import time
import urllib.request

from host_sim import standin
from staging import keyring
from tools.measure import simulator
from tools.image import application, slot

_SIZE = 1700000
# Runtime, heap, and whether to read the free heap during the upload. In a small heap the requests would disturb it.
_RUNS = (("cpython", "-", False), ("micropython", "480k", True), ("micropython", "400k", False))
_LOOK_S = 0.05
_PERIOD_S = 1.5  # the free heap is the least within this time


def image():
    """A signed image of about _SIZE for the simulated board, newer than any release."""
    files = {"filler.bin": os.urandom(_SIZE - 40000)}
    return slot.make(
        standin.application("1.29.0"), application.SIM, files, "99.0.0.0", "0.1.0.0", "1.29.0",
        keyring.development_key())


def report(tell):
    """Print the table; False if an upload fails. tell(text): called with each step."""
    data = image()
    print("\nupload of %.1f MB by POST /ota: written, read back, verified" % (len(data) / 1e6))
    print("%-16s %6s %10s %10s %26s" % ("interpreter", "heap", "s", "MB/s", "heap taken meanwhile, B"))
    ok = True
    for runtime, heap, watched in _RUNS:
        tell("an upload to %s, heap %s" % (runtime, heap))
        arguments = ["--runtime", runtime, "--port", "0"]
        if heap != "-":
            arguments += ["--heap", heap]
        try:
            with simulator.Simulator(*arguments) as reader:
                reader.wait_for_reading()
                seconds, taken = upload(reader, data, watched)
            row = runtime, heap, seconds, len(data) / 1e6 / seconds, taken if watched else "-"
            print("%-16s %6s %10.1f %10.2f %26s" % row, flush=True)
        except (OSError, RuntimeError) as error:
            print("%-16s %6s %s" % (runtime, heap, error))
            ok = False
    return ok


def upload(reader, data, watched):
    """(seconds, bytes by which the free heap was lower at its worst moment) of an upload; RuntimeError if it fails.

    watched  True: read the free heap during the upload
    """
    before = _least(reader, _PERIOD_S)
    token = reader.get("/auth/token")["accessToken"]
    request = urllib.request.Request(reader.url + "/ota", data, {
        "Authorization": "Bearer " + token, "Content-Type": "application/octet-stream"})  # fmt: skip
    answer = {}

    def send():
        with urllib.request.urlopen(request, timeout=120) as response:
            answer.update(json.load(response))

    started = time.perf_counter()
    sender = threading.Thread(target=send)
    sender.start()
    least = before
    if not watched:
        sender.join()
    while sender.is_alive():
        least = min(least, _least(reader, 0))
        sender.join(_LOOK_S)
    seconds = time.perf_counter() - started
    if answer.get("status") != "READY_TO_REBOOT":
        raise RuntimeError("the upload failed: %s" % reader.get("/ota"))
    return seconds, before - least


def _least(reader, seconds):
    """The least free heap that /health reports within so many seconds."""
    end = time.monotonic() + seconds
    found = []
    while True:
        found.append(reader.get("/health")["free_heap_size"])
        if time.monotonic() >= end:
            return min(found)
        time.sleep(_LOOK_S)


if __name__ == "__main__":
    sys.exit(0 if report(print) else 1)
