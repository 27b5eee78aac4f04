"""A reader that is set up over its console: tools.provision on a pseudo-terminal, the whole reader on the other."""

import os
import pty
import select
import threading
import urllib.request

import pytest

from staging import ImageError
from tests.sim.cpython_test_simulator import PATIENCE, Simulator
from tools import improv, provision


class Cable:
    """Two pseudo-terminals whose ends are wired together: `reader` and `computer` are the paths of their devices."""

    def __init__(self):
        self._ends = [pty.openpty() for _ in range(2)]
        self.reader, self.computer = [os.ttyname(slave) for _, slave in self._ends]
        for _, slave in self._ends:
            os.system("stty -F %s raw -echo" % os.ttyname(slave))
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._carry)
        self._thread.start()

    def _carry(self):
        masters = [master for master, _ in self._ends]
        while not self._over.is_set():
            for ready in select.select(masters, [], [], 0.05)[0]:
                os.write(masters[1 - masters.index(ready)], os.read(ready, 1024))

    def close(self):
        self._over.set()
        self._thread.join()
        for end in self._ends:
            for file in end:
                os.close(file)


@pytest.fixture
def cable(monkeypatch):
    for name in "PATIENCE", "_LONGEST":
        monkeypatch.setattr(improv, name, PATIENCE)
    made = Cable()
    yield made
    made.close()


@pytest.mark.parametrize("runtime", ["cpython", "micropython"])
def test_a_new_reader_joins_a_network_over_its_console(cable, runtime, capsys, tmp_path):
    with Simulator(tmp_path, "--network", "setup", "--console", cable.reader, runtime=(runtime,)) as reader:
        client = improv.Client(cable.computer)
        assert client.state == 2
        firmware, version, chip, name = client.about()
        assert (firmware, chip) == ("HAN reader", "sim") and name.startswith("han-reader-")
        assert ("Home", True) in [(each[0], each[2]) for each in client.networks()]
        with pytest.raises(ImageError, match="cannot connect to the network"):
            client.join("Home", "wrong horse")
        client.close()
        wifi = ["--port", cable.computer, "--wifi", "Home", "--password", "correct horse"]
        assert provision.main(wifi) == 0
        said = capsys.readouterr().out
        assert "joining %s to Home" % name in said and "its page is http://" in said
        client = improv.Client(cable.computer)
        assert client.state == 4
        client.close()
        with urllib.request.urlopen(reader.url + "/han") as answer:
            assert b'"wifiIp":"127.' in answer.read()


def test_where_nobody_answers_it_says_so(cable, capsys, monkeypatch):
    monkeypatch.setattr(improv, "PATIENCE", 1)
    assert provision.main(["--port", cable.computer, "--wifi", "Home"]) == 1
    assert "no reader answers within" in capsys.readouterr().err
    assert provision.main(["--port", "/dev/none", "--wifi", "Home"]) == 1
    assert "/dev/none" in capsys.readouterr().err
    assert provision.main(["--state", "x", "--wifi", "Home"]) == 1
    assert "--wifi needs a running reader" in capsys.readouterr().err
