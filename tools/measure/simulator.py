"""Starts a simulated reader for measurements and tests, and sends requests to it."""

import json
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

from staging import stage
from tools.measure.accounts import Accounts

#: Time-out, s: nothing takes so long, even on a slow machine.
PATIENCE = 600
LISTENING = re.compile(r"listening on (http://[0-9.]+:(\d+))/")


class Simulator:
    """`with Simulator("--port", "0", …) as reader:`; the arguments are those of host_sim.

    url       base address of the reader, without a slash at its end
    accounts  Accounts of its output, with --heap-report
    RuntimeError if it does not start.
    """

    def __init__(self, *arguments):
        self.command = [sys.executable, "-m", "host_sim", *map(str, arguments)]
        self.url = self.port = None
        self.accounts = Accounts()  # with --heap-report

    def __enter__(self):
        self.process = subprocess.Popen(
            self.command,
            cwd=stage.ROOT,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        said = []
        for line in self.process.stdout:
            said.append(line)
            self.accounts.take(line.encode())
            found = LISTENING.search(line)
            if found:
                self.url, self.port = found.group(1), int(found.group(2))
                threading.Thread(target=self._listen, daemon=True).start()
                return self
        self.process.wait()
        raise RuntimeError("the simulator did not start:\n" + "".join(said[-20:]))

    def _listen(self):
        # Read all further output, as a full pipe would stop the reader.
        for line in self.process.stdout:
            self.accounts.take(line.encode())

    def __exit__(self, *_):
        self.process.send_signal(2)  # Ctrl-C, on which it stops cleanly
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def get(self, path):
        """The JSON object at `path`; urllib.error.HTTPError if the reader refuses."""
        with urllib.request.urlopen(self.url + path, timeout=PATIENCE) as response:
            return json.load(response)

    def wait_for_reading(self):
        """Wait for the first reading; returns GET /meter."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return self.get("/meter")
            except urllib.error.HTTPError:  # 503 until there is a reading
                if time.monotonic() > end:
                    raise
            time.sleep(0.2)
