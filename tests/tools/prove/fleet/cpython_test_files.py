"""The files of docs/fleet: a broker loads them, and they name what a reader publishes, and what Grafana knows."""

import http.server
import json
import pathlib
import re
import subprocess
import sys
import threading
import time
import urllib.request
from types import SimpleNamespace

import pytest
import yaml
from paho.mqtt import MQTTException
from paho.mqtt.publish import multiple

from staging import keyring, page, stage
from tools.dev import setup
from tools.prove import mosquitto
from tools.prove.fleet.broker import DOCS, Broker, missing
from tools.prove.fleet.readers import Fleet
from tools.prove.fleet.trial import Listener, provision

try:
    import tomllib
except ImportError:  # Python 3.10
    import tomli as tomllib

HERE = pathlib.Path(__file__).parent
PATIENCE = 300  # s
needs_broker = pytest.mark.skipif(
    missing() is not None, reason="no %s here (Debian: apt-get install %s)" % (missing(), missing())
)


def with_packages(*arguments, **more):
    """The output of a program in the environment of requirements-fleet.txt."""
    python = setup.ensure(stage.BUILD / "fleet", stage.ROOT / "requirements-fleet.txt")
    done = subprocess.run([python, *arguments], capture_output=True, text=True, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout


def until(listener, true):
    """The messages [(topic, payload)] of a listener up to the one for which true(messages) holds."""
    found, end = [], time.monotonic() + PATIENCE
    while not true(found):
        assert time.monotonic() < end, found
        found += [(topic, payload) for _, topic, payload in listener.take(0.1)]
    return found


# --- the broker


@pytest.fixture
def broker(tmp_path):
    """A broker with two readers and Telegraf; their passwords are their names."""
    users = tmp_path / "users"
    names = "HAN-READER-000001", "HAN-READER-000002", "telegraf"
    users.write_text("".join("%s:%s\n" % (name, name) for name in names))
    subprocess.run(["mosquitto_passwd", "-U", users], check=True)
    made = Broker(tmp_path / "broker")
    made.users(users)
    made.start()
    yield made
    made.stop()


def publish(port, user, password, messages, authority=None):
    """Send messages. MQTTException: the broker has refused the user."""
    auth = user and {"username": user, "password": password}
    tls = authority and {"ca_certs": str(authority)}
    multiple([(*message, 1, False) for message in messages], "127.0.0.1", port, auth=auth, tls=tls)


@needs_broker
def test_a_reader_writes_below_its_own_name_only_and_reads_nothing(broker):
    one, two = "HAN-READER-000001", "HAN-READER-000002"
    telegraf = Listener(broker, "telegraf", "telegraf", ["han/#"])
    spy = Listener(broker, two, two, ["han/#", "#", "han/%s/meter" % one, "han/%s/meter" % two])
    try:
        until(telegraf, lambda found: ("ready", "") in found)
        until(spy, lambda found: ("ready", "") in found)
        names = ["han/%s/meter" % two, "han/meter", "homeassistant/device/x/config", "han/%s/meter" % one]
        publish(broker.port, one, one, [(name, one) for name in names])
        publish(broker.port, "telegraf", "telegraf", [("han/%s/meter" % one, "forged")])
        publish(broker.secure_port, two, two, [("han/%s/status" % two, "online")], broker.authority)
        last = "han/%s/status" % two, "online"
        assert until(telegraf, lambda found: last in found) == [("han/%s/meter" % one, one), last]
        assert spy.take(1) == []
    finally:
        telegraf.close()
        spy.close()


@needs_broker
@pytest.mark.parametrize(
    "user, password", ((None, None), ("HAN-READER-000001", "HAN-READER-000002"), ("HAN-READER-000003", "x"))
)
def test_the_broker_refuses_whom_it_does_not_know(broker, user, password):
    with pytest.raises(MQTTException, match="(?i)not.authori|bad user"):
        publish(broker.port, user, password, [("han/HAN-READER-000001/meter", "1")])


# --- what a reader publishes


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A reader that provision.sh has switched on: its messages {last part of the topic: payload}, metrics, files."""
    if missing():
        pytest.skip("no %s here (Debian: apt-get install %s)" % (missing(), missing()))
    page.build()
    keyring.write_module()
    folder = tmp_path_factory.mktemp("house")
    options = SimpleNamespace(n=1, period=2, seed=1, runtime="micropython", heap="640k")
    broker = Broker(folder / "broker")
    try:
        with Fleet(options, folder, str) as fleet:
            reader = fleet.readers[0]
            password = provision(fleet, broker, folder)
            broker.start()
            heard = {}
            # The reader may have been there before it, so what the broker keeps counts, too.
            listener = mosquitto.Listener(
                broker.port, lambda topic, payload, _: heard.update({topic: payload.decode()}), "telegraf", password
            )
            end = time.monotonic() + PATIENCE
            found = {}
            while not {"meter", "state", "status", "power", "current_l3"} <= set(found):
                assert time.monotonic() < end, (heard, broker.said())
                fleet.send(SimpleNamespace(sent=lambda *_: None))
                time.sleep(0.05)
                found = {topic.rpartition("/")[2]: payload for topic, payload in heard.copy().items()}
            assert {topic.rpartition("/")[0] for topic in heard} == {"han/" + reader.name}
            url = "http://127.0.0.1:%d/" % reader.port
            metrics = urllib.request.urlopen(url + "metrics", timeout=PATIENCE).read().decode()
            settings = reader.get("/configuration")
            listener.close()
    finally:
        broker.stop()
    return SimpleNamespace(said=found, metrics=metrics, settings=settings, name=reader.name, url=url, folder=folder)


def test_provision_sets_what_it_says(house):
    mqtt = house.settings["out"]["mqtt"]
    assert mqtt["on"] and mqtt["user"] == house.name and mqtt["pws"] and mqtt["ha"] is False
    assert (house.folder / "fleet.csv").read_text() == "%s,%s,A 1,25\n" % (house.name, house.url[:-1])
    assert house.said["status"] == "online"
    # Again: the reader keeps its password. One that is not there is named.
    before = (house.folder / "passwords.txt").read_text()
    (house.folder / "readers.csv").write_text("address,apartment,fuse\n127.0.0.1:9,B 1,25\n")
    command = ["sh", DOCS / "provision.sh", "readers.csv", "192.168.1.10", "8883", "true"]
    done = subprocess.run(command, cwd=house.folder, capture_output=True, text=True)
    assert done.returncode == 1 and "127.0.0.1:9 (B 1): no reader answers" in done.stderr
    assert (house.folder / "passwords.txt").read_text() == before
    assert {path.stat().st_mode & 0o77 for path in house.folder.glob("passwords*")} == {0}


class Said(http.server.BaseHTTPRequestHandler):
    """A reader that takes all settings; every one of them has the same name."""

    def do_GET(self):
        self._answer(b'{"type":"HAN_STATE_MESSAGE","name":"HAN-READER-000001","model":"HAN","serial":"HAN00000001"}')

    def do_PUT(self):
        settings = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.fuses.append((settings["out"]["mqtt"]["user"], settings["m"]["f"]))
        self._answer(b"{}")

    def _answer(self, body):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@needs_broker
def test_a_list_of_a_spreadsheet_and_two_readers_of_one_name(tmp_path):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Said) as server:
        server.fuses = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = "127.0.0.1:%d" % server.server_port
        lines = "address,apartment,fuse", "", "# cellar", address + ",A 1,25", address + ",Å 2,35"
        (tmp_path / "readers.csv").write_bytes("\r\n".join(lines).encode())
        command = ["sh", DOCS / "provision.sh", "readers.csv", "192.168.1.10", "1883", "false"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        server.shutdown()
    assert done.returncode == 1
    assert done.stderr == "%s (Å 2): HAN-READER-000001 is in the list already\n" % address
    assert server.fuses == [("HAN-READER-000001", 25)]
    assert (tmp_path / "fleet.csv").read_text() == "HAN-READER-000001,http://%s,A 1,25\n" % address


def telegraf():
    return tomllib.loads((DOCS / "telegraf.conf").read_text())


def at(message, path):
    """What a path such as p.0 has in a message; KeyError or IndexError: nothing."""
    for part in path.split("."):
        message = message[int(part)] if part.isdigit() else message[part]
    return message


def table(name):
    """Columns of a table of schema.sql, in the order of the file."""
    text = re.search(r"CREATE TABLE %s \((.*?)\n?\);" % name, (DOCS / "schema.sql").read_text(), re.S).group(1)
    return re.findall(r"(?:^|,|\n)\s*(\w+) (?:timestamptz|text|bigint|double)", text)


def test_telegraf_reads_what_a_reader_publishes_into_the_tables(house):
    inputs = telegraf()["inputs"]["mqtt_consumer"]
    assert [each["topics"] for each in inputs] == [["han/+/meter"], ["han/+/status"], ["han/+/state"]]
    for each in inputs:
        (parsing,) = each["topic_parsing"]
        assert [parsing["topic"]] == each["topics"]
        assert (parsing["measurement"], parsing["tags"]) == ("_/_/measurement", "_/reader/_")
        name = parsing["topic"].split("/")[2]
        if each["data_format"] == "value":
            assert table(name) == ["time", "reader", "value"]
            continue
        message = json.loads(house.said[name])
        (parser,) = each["json_v2"]
        fields = []
        for field in parser["field"]:
            value = at(message, field["path"])
            assert isinstance(value, {"int": int, "float": (int, float), "string": str}[field["type"]])
            fields.append(field["rename"])
            if field["rename"] in house.said:  # the topic of the same name has the same value
                assert float(house.said[field["rename"]]) == value, field
        assert ["time", "reader", *sorted(fields)] == table(name)[:2] + sorted(table(name)[2:])
    assert telegraf()["agent"]["omit_hostname"] and telegraf()["outputs"]["postgresql"][0]["add_column_templates"] == []


def test_telegraf_reads_metrics_that_there_are(house):
    (asked,) = tomllib.loads((house.folder / "telegraf.d" / "readers.conf").read_text())["inputs"]["prometheus"]
    assert asked["metric_version"] == 2 and asked["name_override"] == "health"
    assert table("health") == ["time", *asked["taginclude"], *asked["fieldinclude"]]
    for name in asked["fieldinclude"]:
        assert re.search(r"^%s[ {]" % name, house.metrics, re.M), name
    for label in set(asked["taginclude"]) - {"url"}:
        assert '{%s="' % label in house.metrics
    for service in "configuration", "counters", "history":  # those of an alert
        assert 'han_service_healthy{service="%s"} 1' % service in house.metrics


# --- Grafana


def board():
    return json.loads((DOCS / "dashboard.json").read_text())


def rules():
    return yaml.safe_load((DOCS / "alerts.yaml").read_text())


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Grafana's model needs Python 3.11")
def test_grafana_knows_every_member_of_the_dashboard_and_of_the_rules(tmp_path):
    (tmp_path / "rules.json").write_text(json.dumps(rules()))
    assert with_packages(HERE / "grafana.py", DOCS / "dashboard.json", tmp_path / "rules.json").split("\n") == ["", ""]
    broken = board()
    broken["panels"][0]["headline"] = "x"
    (tmp_path / "board.json").write_text(json.dumps(broken))
    said = with_packages(HERE / "grafana.py", tmp_path / "board.json", tmp_path / "rules.json")
    assert said == "dashboard.panels[0].headline: not in the model\n"


def queries():
    """{name: query} of the dashboard and of the rules, with a time and an apartment in the place of variables."""
    found = {"variable": board()["templating"]["list"][0]["query"]}
    for panel in board()["panels"]:
        (target,) = panel["targets"]
        found[panel["title"]] = target["rawSql"]
    for rule in rules()["groups"][0]["rules"]:
        found[rule["title"]] = rule["data"][0]["model"]["rawSql"]
    for name, query in found.items():
        query = re.sub(r"\$__timeFilter\(([\w.]+)\)", r"\1 > now()", query).replace("$apartment", "A 1")
        query = re.sub(r"\$__timeGroupAlias\(([\w.]+), '\w+'\)", r"date_trunc('minute', \1) AS time", query)
        assert "$" not in query, query
        found[name] = query
    return found


def test_every_query_asks_for_columns_that_there_are():
    found = with_packages(HERE / "columns.py", DOCS / "schema.sql", input=json.dumps(queries()))
    tables, _, wrong = found.partition("\n")
    assert not wrong and set(json.loads(tables)) == {
        "readers", "meter", "status", "state", "health", "quarters", "days",
    }  # fmt: skip
    wrong = {"a": "SELECT powr FROM meter", "b": "SELECT power FROM metre", "c": "SELECT power FROM days"}
    found = with_packages(HERE / "columns.py", DOCS / "schema.sql", input=json.dumps(wrong)).splitlines()[1:]
    assert [line[:2] for line in found] == ["a:", "b:", "c:"]


def test_dashboard_and_rules_ask_the_data_source_that_is_provisioned():
    (source,) = yaml.safe_load((DOCS / "datasource.yaml").read_text())["datasources"]
    wanted = {"type": source["type"], "uid": source["uid"]}
    asking = board()["panels"] + board()["templating"]["list"] + [panel["targets"][0] for panel in board()["panels"]]
    assert all(each["datasource"] == wanted for each in asking)
    for rule in rules()["groups"][0]["rules"]:
        query, threshold = rule["data"]
        assert query["datasourceUid"] == source["uid"] and query["model"]["format"] == "table"
        assert threshold["datasourceUid"] == "__expr__" and threshold["model"]["type"] == "threshold"
        assert (rule["condition"], threshold["model"]["expression"]) == (threshold["refId"], query["refId"])
        assert [each["model"]["refId"] for each in rule["data"]] == [each["refId"] for each in rule["data"]]
        assert re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"])[0] == "apartment"
    numbers = [panel["id"] for panel in board()["panels"]]
    assert len(set(numbers)) == len(numbers)
    (provider,) = yaml.safe_load((DOCS / "dashboards.yaml").read_text())["providers"]
    assert provider["type"] == "file" and rules()["groups"][0]["folder"] == provider["folder"]
