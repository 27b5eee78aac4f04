"""The reader's names and services, and python-zeroconf as another host of the network (127.0.0.1)."""

import contextlib
import json
import os
import pathlib
import queue
import subprocess
import sys
import threading
import time

import pytest

from han.net.names import mdns
from staging import stage
from tests.net.test_mdns import Interface
from tools.dev import setup

PEER = pathlib.Path(__file__).with_name("zeroconf_peer.py")
#: Tests of several folders may run on this machine at the same time.
OWN = "%06x" % (os.getpid() & 0xFFFFFF)
HOST = "han-reader-" + OWN
KIND = "_h%s._tcp" % OWN

pytestmark = pytest.mark.skipif(sys.version_info < (3, 11), reason="zeroconf of the clients needs Python 3.11")


class Names(mdns.Names):
    """The reader's, on the loopback interface. It is its own Links and board, too."""

    def __init__(self):
        super().__init__(self, ("224.0.0.251", 5353))
        self.board = self.log = self
        self.hostname = HOST
        self.all = [Interface("127.0.0.5")]
        self.told = []
        self.add = lambda text, level: self.told.append(text)
        self.report = lambda *row: None

    def run(self, seconds, done, pause=0.02):
        """Make a turn after each pause (s) until done() is true, which it returns. AssertionError after the seconds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.turn()
            found = done()
            if found:
                return found
            time.sleep(pause)
        raise AssertionError((self.told, self.step, self.name))


@contextlib.contextmanager
def peer(*arguments):
    """Run the peer; yields a function that returns its next event, None if there is none yet."""
    python = setup.ensure(stage.BUILD / "clients", stage.ROOT / "requirements-clients.txt")
    process = subprocess.Popen([python, PEER, *arguments], stdout=subprocess.PIPE, text=True)
    events = queue.Queue()
    reader = threading.Thread(target=lambda: [events.put(json.loads(line)) for line in process.stdout])
    reader.start()
    try:
        yield lambda: None if events.empty() else events.get()
    finally:
        process.kill()
        process.wait()
        reader.join()
        process.stdout.close()


def test_zeroconf_finds_a_service_sees_it_change_and_go():
    names = Names()
    names.announce(KIND, "Meter 1", 80, ("path=/api/v1", "api_enabled=1"))
    try:
        with peer(KIND + ".local.") as event:
            name = "Meter 1.%s.local." % KIND
            told = {
                "port": 80, "at": ["127.0.0.5"], "server": HOST + ".local.",
                "txt": {"path": "/api/v1", "api_enabled": "1"},
            }  # fmt: skip
            assert names.run(30, event) == ["found", name, told]
            names.announce(KIND, "Meter 1", 8080, ("path=/",))
            told.update(port=8080, txt={"path": "/"})
            found = names.run(30, event)
            while found[2] != told:  # its port and its text may come one after the other
                found = names.run(30, event)
            names.withdraw(KIND)
            assert names.run(30, event) == ["gone", name, {}]
    finally:
        names.close()
    assert not names.told


def test_a_name_that_another_host_has_is_left_to_it():
    names = Names()
    try:
        with peer(KIND + ".local.", HOST + ".local.", "127.0.0.9") as event:
            while True:
                found = event()
                if found and found[0] == "registered":
                    break
                time.sleep(0.02)
            names.run(30, lambda: names.told, 0.25)
            assert "127.0.0.9 has the name %s.local, this is %s-2.local" % (HOST, HOST) in names.told[0]
            names.announce(KIND, "Meter 1", 80, ())
            found = names.run(30, event)
            while not found[1].startswith("Meter 1"):
                found = names.run(30, event)
            assert found[2]["server"] == HOST + "-2.local." and found[2]["at"] == ["127.0.0.5"]
    finally:
        names.close()
