"""What the API tells a person is in the page's languages: refusals of settings, why there is no reading or network."""

import inspect
import json
import re

import pytest

from han.api.config.fields import FIELDS
from han.api.config.settings import changed
from han.meter import decoder
from han.meter.line import told
from han.net import reason
from han.out import outs
from han.out.mqtt import client, packets
from han.out.p1 import source
from han.store.config import defaults
from han.wire.layers import inside
from staging import page, stage

TABLE = json.loads((page.SOURCE / "en.json").read_text())
KNOWN = {key: re.sub(r"\\{\d\\}", "(.*)", re.escape(key[2:])) for key in TABLE if key.startswith("= ")}
#: Messages that have another one in the place of {0}.
AROUND = '= {0}; "" keeps it, null deletes it', "= telegram without readings: {0}", "= listening: {0}", "= refused: {0}"
_REJECT = re.compile(r'reject\("([^"]+)"')
_ENCRYPTED = re.compile(r'"(encrypted: [^"]+)"')


def known(text):
    for key, pattern in KNOWN.items():
        found = re.fullmatch(pattern, text)
        if found and (key not in AROUND or known(found[1])):
            return True
    return False


def test_reasons_for_no_reading():
    texts = [told._SILENT, told._NOISE, told._CHECKSUM, told._PARITY, told._LEARNING % ("X25", 3, 5)]
    texts += [inside.NO_KEY, decoder.WRONG_KEY, *decoder.WITHOUT_READINGS]
    for package in "wire", "meter":
        for path in sorted((stage.ROOT / "lib/han" / package).rglob("*.py")):
            texts += _REJECT.findall(path.read_text())
    texts += _ENCRYPTED.findall((stage.ROOT / "lib/han/wire/layers/gcm.py").read_text())
    assert len(texts) > 15
    assert [text for text in texts if not known(text.replace("%d", "2"))] == []


def test_reasons_for_no_network():
    texts = [reason.reason(code) for code in (2, 99, *reason._TEXTS)]
    assert [text for text in texts if not known(text)] == []


def test_states_of_connections():
    texts = [source._OWN, source._DECRYPTED, source._VIRTUAL, source._NONE, "connected", "listening"]
    texts += ["refused: " + packets.refusal(code) for code in (4, 5)] + ["refused: port 502 is taken"]
    texts += [client._SILENT, "what answers is no MQTT broker", "the broker has closed the connection"]
    texts += ["refused: not enough memory right now", "port 1010 (UDP) is taken"]
    texts += re.findall(r'"((?:it is|not enough) [^"]+)"', inspect.getsource(outs).replace("%d", "2"))
    assert len(texts) > 15
    assert [text for text in texts if not known(text)] == []


def test_refusals_of_settings():
    """Each field with something that it cannot be; what no form of the page can send is left out."""
    missing = []
    for line in FIELDS.split("\n"):
        path, kind = line.split(" ")[:2]
        if kind in ("flag", "fees", "cap"):
            continue
        value = "x" * 300 if kind not in ("int", "price", "times", "hosts", "servers") else -1
        names = path.split(".")
        for name in reversed(names):
            value = {name: value}
        with pytest.raises(ValueError) as refused:
            changed(value, defaults())
        told_of, _, rest = str(refused.value).partition(" ")
        assert told_of.startswith(path.rpartition(".")[0])  # of an alarm, it may be the field that must be given
        if not known(rest):
            missing.append(str(refused.value))
    for out, path in (
        ({"mqtt": {"on": True}}, "out.mqtt.host"), ({"p1": {"port": 502}}, "out.p1.port"),
        ({"modbus": {"port": 2001}}, "out.modbus.port"),
    ):  # fmt: skip
        with pytest.raises(ValueError) as refused:
            changed({"out": out}, defaults())
        told_of, _, rest = str(refused.value).partition(" ")
        assert told_of == path and known(rest)
    assert missing == []
