"""Every command that README.md, CONTRIBUTING.md and docs/ tell people to type.

TABLE has a row for each: how it is tried in a clone of the project, or why it is only parsed. Commands with curl need
no row: all of them are sent to a reader. What a row does to a command stands for what a user's machine has and a test
has not: a board, a cable, an ESP-IDF, half an hour.
"""

import json
import pathlib
import re
import shutil
import subprocess

import pytest

from tests.sim.hardware.cpython_test_console import Cable
from tests.tools.docs import commands
from tests.tools.cpython_test_deploy import put
from tests.tools.cpython_test_provision import ESP32
from tests.tools.docs.machine import Machine, Meter, check
from tests.tools.rawrepl import Device
from tools.image import application

COLLECTED = commands.collected()
#: What the pages call a reader.
READERS = "http://127.0.0.1:8080", "http://192.168.1.50"
USB = "/dev/ttyUSB0"


# --- how commands are tried


def runs(more="", says="", before="true"):
    """As it stands, or with more options, after another command; it has to say something."""

    def row(machine, command):
        assert says in check(machine.run("%s && %s %s" % (before, command, more)))

    return row


def on_release(machine, command):
    """As it stands, with a chip's release in build/image."""
    machine.released()
    check(machine.run(command))


def serves(machine, command):
    """It starts a reader, on a free port, which answers and ends with Ctrl-C. A cable is a played one."""
    free = " PORT=0" if command.startswith("make") else " --port 0"
    meter = Meter() if USB in command else None
    try:
        reader = machine.start(command.replace(USB, meter.port if meter else "") + free)
        try:
            assert json.loads(reader.ask("/han"))["type"] == "HAN_STATE_MESSAGE"
        finally:
            reader.close()
    finally:
        if meter:
            meter.close()


def flashes(machine, command):
    """A board on USB is a played bootloader."""
    machine.released()
    port = machine.chip()
    option = "PORT=" if command.startswith("make") else "--port "
    command = command.replace("PORT=" + USB, "")
    assert "written and verified" in check(machine.run("%s %s%s" % (command, option, port)))


def provisions(machine, command):
    """A reader on USB is MicroPython's unix port, with what of a chip is written to."""
    folder = machine.new("board")
    (folder / "state.bin").write_bytes(b"\xff" * 0x10000)
    device = Device(folder, ESP32)
    try:
        assert "--port auto" in command
        check(machine.run(command.replace("--port auto", "--port " + device.port)))
    finally:
        device.close()


def joins(machine, command):
    """A new reader on USB is a simulated one with a console, and the network the one in its reach."""
    cable = Cable()
    try:
        start = ".venv/bin/python -m host_sim --port 0 --network setup --console "
        reader = machine.start(start + cable.reader)
        try:
            told = command.replace("--port auto", "--port " + cable.computer)
            told = told.replace('"My network"', "Home").replace('"my password"', '"correct horse"')
            assert told != command and "its page is http://" in check(machine.run(told))
        finally:
            reader.close()
    finally:
        cable.close()


def captures(machine, command):
    """For some seconds, from a played cable or from a reader."""
    meter = Meter()
    try:
        command = command.replace(READERS[1], machine.serve()).replace(USB, meter.port)
        more = " --seconds 5" if meter.port in command else ""
        assert "decoded" in check(machine.run(command.replace(" -m tools.capture", " -m tools.capture" + more)))
    finally:
        meter.close()


def deploys(machine, command):
    """A board on USB is MicroPython's unix port, whose slot has the application as it is here, but for a module."""
    folder = machine.new("board")
    (folder / "main.py").write_text("def main(boot):\n    print('runs', boot['slot'])\n")
    device = Device(folder, "BOOT = {'slot': 'slot1'}", sectors=400)
    try:
        there = application.files(application.CHIP, application.project_version())
        put(device, "/app", dict(there, **{"pins.mpy": b"older"}))
        said = check(machine.run("%s PORT=%s" % (command, device.port)))
        assert "1 modules to copy" in said and "runs slot1" in said
    finally:
        device.close()


def builds(machine, command):
    """MicroPython's sources and the ESP-IDF are played; where a key is named, its public half is in keys/."""
    before, after = (_KEY + _PUBLIC, _FORGET) if "KEY=" in command else ("true", "")
    assert "% of the slot" in check(machine.run("%s && %s %s %s" % (before, command, machine.idf(), after)))


# A key of the user's, its public half, and the development key again.
_KEY = "(test -e ~/han.pem || .venv/bin/python -m tools.sign key ~/han.pem)"
_PUBLIC = " && mkdir -p keys && cp ~/han.pub.pem keys/"
_FORGET = "&& rm -r keys"


_AGAIN = "--retry 100 --retry-delay 1 --retry-all-errors"


def of(command, url):
    """A command that asks the reader at an address."""
    if not shutil.which("curl"):
        pytest.skip("no curl here (Debian: apt-get install curl)")
    for name in READERS:
        command = command.replace(name, url)
    return command


def asks(machine, command):
    """A request to a reader; asked again while it starts or has no reading."""
    told = of(command, machine.serve())
    assert told != command, "this asks none of %s" % ", ".join(READERS)
    check(machine.run(told.replace("curl", "curl -sS --fail " + _AGAIN, 1)))


def asks_for_gas(machine, command):
    """A request to a reader of its own, whose meter tells of a gas meter."""
    reader = machine.start("make sim PORT=0 METER=dsmr5")
    try:
        said = check(machine.run(of(command, reader.url).replace("curl", "curl -sS --fail " + _AGAIN, 1)))
        assert '"kind":"gas"' in said, said
    finally:
        reader.close()


def streams(machine, command):
    """It does not end: the first message is enough."""
    command = "exec " + of(command, machine.serve()).replace("curl", "curl " + _AGAIN, 1)
    process = subprocess.Popen(["bash", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert any("HAN_STATE_MESSAGE" in line for line in process.stdout)
    process.kill()
    process.communicate()


def uploads(machine, command):
    """To a reader of its own, which restarts with it."""
    check(machine.run("make image ARCH=sim VERSION=9.0.0.1"))
    reader = machine.start("make sim PORT=0 RUNTIME=micropython")
    try:
        said = check(machine.run(of(command, reader.url).replace("curl", "curl -sS --fail", 1)))
        assert json.loads(said)["rebootPending"] is True
    finally:
        reader.close()


class Parsed:
    """Not run: `reason`. What make would do for it is looked at: the modules that it runs are there."""

    def __init__(self, reason):
        self.reason = reason

    def __call__(self, machine, command):
        if command.startswith("make "):
            for name in re.findall(r" -m ([\w.]+)", check(machine.run("make --dry-run " + command[5:]))):
                path = machine.root / name.replace(".", "/")
                assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), name


TABLE = {
    # the simulator
    "make sim": serves,
    "make sim PAST=400": serves,
    "make sim SERIAL=/dev/ttyUSB0": serves,
    "make sim REPLAY=meter.bin": serves,
    "make sim NETWORK=setup": serves,
    "make sim UPDATES=build/updates": serves,
    ".venv/bin/python -m host_sim --no-psram": serves,
    ".venv/bin/python -m host_sim --help": runs(says="--price-fault"),
    # a meter
    ".venv/bin/python -m tools.capture --serial /dev/ttyUSB0 --anonymise meter.bin": captures,
    ".venv/bin/python -m tools.capture --reader http://192.168.1.50 meter.bin": captures,
    ".venv/bin/python -m tools.decode meter.bin": runs(says="import_power_w"),
    ".venv/bin/python -m tools.decode --registers meter.bin": runs(says="1.7.0"),
    # releases
    "make firmware": builds,
    "make firmware BOARD=HAN_READER_S3": builds,
    "make firmware KEY=~/han.pem": builds,
    ".venv/bin/python -m tools.build --micropython ESP32_GENERIC-SPIRAM.bin --version 1.2.3.4 --flash 8 16"
    " --out build/image": runs(says="1.2.3.4"),
    "make image MICROPYTHON=ESP32_GENERIC-SPIRAM.bin VERSION=1.2.3.4": runs(says="1.2.3.4"),
    "make image": runs("ARCH=sim"),
    "make image ARCH=sim VERSION=9.0.0.1": runs(says="9.0.0.1"),
    "make release ARCH=sim VERSION=9.0.0.2": runs(says="9.0.0.2"),
    'make release CHANNEL=beta NOTES="What is new"': on_release,
    "make site": on_release,
    ".venv/bin/python -m tools.build --help": runs(says="--authority"),
    ".venv/bin/python -m tools.sign key ~/han.pem": runs(before="rm -f ~/han*"),
    "mkdir -p keys && cp ~/han.pub.pem keys/": runs(before=_KEY, more=_FORGET),
    "curl -F filename=@build/image/ota.bin http://127.0.0.1:8080/update": uploads,
    "curl -F filename=@build/image/ota.bin http://192.168.1.50/update": uploads,
    # a board on USB
    "make flash": flashes,
    "make flash FILE=esp32-flash.bin": flashes,
    "make flash PORT=/dev/ttyUSB0": flashes,
    "make flash FILE=build/image/ota.bin": flashes,
    "make flash FILE=build/image/flash.bin": flashes,
    ".venv/bin/python -m tools.flash build/image/flash.bin --keep": flashes,
    ".venv/bin/python -m tools.provision --flash build/image/flash.bin --board wt32-eth01 --name meter-cellar"
    " --config home.json": on_release,
    ".venv/bin/python -m tools.provision --port auto --board wt32-eth01": provisions,
    ".venv/bin/python -m tools.provision --port auto --name meter-cellar --self-signed": provisions,
    ".venv/bin/python -m tools.provision --port auto --certificate reader.pem --key reader.key": provisions,
    ".venv/bin/python -m tools.provision --port auto --authority broker-ca.pem": provisions,
    '.venv/bin/python -m tools.provision --port auto --wifi "My network" --password "my password"': joins,
    "make deploy": deploys,
    'curl "http://127.0.0.1:8080/history/sub?ch=1&series=day"': asks_for_gas,
    # the streams
    "curl -N http://127.0.0.1:8080/sse": streams,
    # the code
    "make help": runs(says="make sim"),
    "make setup": runs(),
    "make reference": runs(says="docs/settings.md"),
    ".venv/bin/python -m pytest -q tests/wire/test_sml.py": runs(says=" passed"),
    ".venv/bin/python -m pytest -q tests/test_imports.py": runs(says=" passed"),
    ".venv/bin/python -m tools.dev.unixtests tests/wire/test_sml.py": runs(says=" passed"),
    "make fuzz": runs("N=1000"),
    "make lines": runs("PHASES=1", says="starts came to a reading"),
    "make lines WRITE=1 PHASES=20 SEED=1": Parsed("minutes of what `make lines` does with one start"),
    "make api-fuzz": runs("EXAMPLES=1 RUNTIME=cpython"),
    "make year": Parsed("a quarter of an hour; tests/sim/cpython_test_year.py lives through days of it"),
    "make year METER=aidon": Parsed("as `make year`"),
    "make soak": Parsed("an hour; tests/tools/prove/cpython_test_soak.py lives through hours of it"),
    "make fleet": Parsed("minutes; tests/tools/prove/fleet runs a small one"),
    "make fleet N=50": Parsed("as `make fleet`"),
    "make sweep": Parsed("half an hour and more; tests/sweep are its parts"),
    "make size": Parsed("minutes; tests/tools/measure/cpython_test_size.py has its parts"),
    "make bench": Parsed("minutes, and times that say nothing while tests run"),
    "make bench BASE=commit": Parsed("as `make bench`"),
    "make bench PEER=folder": Parsed("as `make bench`, and compiles another project's library"),
    "make test": Parsed("this is a part of it"),
    "make lint": Parsed("`make test` does it beside this"),
    "make screenshots": Parsed("minutes in a browser; tests/page look at every view"),
    "make docs": Parsed("installs 40 packages of its own; CI does it, cpython_test_docs.py looks at what it looks at"),
    "make lock": Parsed("asks the package registry for what is newest"),
    "pre-commit install": Parsed("changes the hooks of the repository; cpython_test_house.py looks at what they run"),
    "apt-get install make python3-venv git curl chromium mosquitto": Parsed("changes the system"),
    "apt-get install chromium": Parsed("changes the system"),
    "apt-get install curl": Parsed("changes the system"),
    "apt-get install mosquitto": Parsed("changes the system"),
    "evcc meter": Parsed("another project's program"),
}


# --- the tests


def kind(command):
    """How a command is tried, None without a row."""
    return TABLE.get(command) or (asks if command.startswith("curl ") else None)


def distinct():
    """[(command, "page:line" of the first that has it)] of all that have a row, in the order of the pages."""
    found = {}
    for place, command in COLLECTED:
        if kind(command):
            found.setdefault(command, place)
    return list(found.items())


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    made = Machine(tmp_path_factory.mktemp("machine"))
    yield made
    made.close()


def test_each_command_has_a_row_and_each_row_a_command():
    new = ["%s: `%s`" % (place, command) for place, command in COLLECTED if kind(command) is None]
    assert not new, "no row in TABLE of %s for\n%s" % (pathlib.Path(__file__).name, "\n".join(new))
    gone = set(TABLE) - {command for _, command in COLLECTED}
    assert not gone, "no page has these of TABLE any more:\n" + "\n".join(sorted(gone))


def test_each_command_is_one_and_gives_make_what_its_target_takes(machine):
    helps = check(machine.run("make help"))
    for place, command in COLLECTED:
        words = commands.words(command)  # raises where a quote is left open
        if words[0] == "make":
            line = next((line for line in helps.splitlines() if line.split()[1:2] == [words[1]]), None)
            assert line, "%s: make has no target %s that `make help` lists" % (place, words[1])
            for name in (word.partition("=")[0] for word in words[2:]):
                assert name + "=" in line.rpartition("[")[2], "%s: make %s takes no %s=" % (place, words[1], name)


@pytest.mark.parametrize("command, place", distinct(), ids=[command for command, _ in distinct()])
def test_it_does_what_the_page_says(machine, command, place):
    kind(command)(machine, command)
