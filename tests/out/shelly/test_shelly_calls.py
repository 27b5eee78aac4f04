"""The calls of the Shelly: methods, numbers, frames, and what is refused."""

import json

from han.meter.obis import L1_CURRENT, L1_EXPORT_POWER, L1_IMPORT_POWER, L1_VOLTAGE
from han.out.shelly import em, frames, peer, rpc, udp
from han.out.shelly.em import point
from tests.api.fake import FULL, NOW, Board, FakeApp
from tests.support import Random

NAME = "shellypro3em-02005e10abcd"


def reader(*fields):
    """An application that does not run, with these fields as its reading."""
    app = FakeApp(Board())
    if fields:
        app.link.read(*fields)
    return app


def called(app, method, params=None):
    """The result of a call, parsed; (code, text) of an error."""
    found = rpc.call(app, method, params)
    return json.loads(found.decode()) if isinstance(found, bytes) else found


def test_numbers_always_have_a_point():
    for number, places, text in (
        (0, 0, "0.0"), (7, 0, "7.0"), (-7, 0, "-7.0"), (2301, 1, "230.1"), (2300, 1, "230.0"), (5, 1, "0.5"),
        (-5, 3, "-0.005"), (61234, 3, "61.234"), (1000, 3, "1.000"), (None, 1, "null"),
        (2**31, 0, "2147483648.0"), (-(2**40) - 1, 3, "-1099511627.777"),
    ):  # fmt: skip
        assert point(number, places) == text, text
    random = Random(1)
    for _ in range(500):
        number, places = random.bits(32) - 2**31, random.below(5)
        whole, _, fraction = point(number, places).lstrip("-").partition(".")
        assert len(fraction) == max(1, places) and int(whole + fraction) == abs(number) * (1 if places else 10)


def test_the_measurements_are_those_of_the_meter():
    status = called(reader(*FULL), "EM.GetStatus", {"id": 0})
    assert status["total_act_power"] == 1000 and status["id"] == 0
    assert [status[phase + "_act_power"] for phase in "abc"] == [301, 402, 297]
    assert [round(10 * status[phase + "_voltage"]) for phase in "abc"] == [2392, 2301, 2300]
    # A current has no direction there: the power tells it.
    assert [round(1000 * status[phase + "_current"]) for phase in "abc"] == [6100, 5812, 0]
    assert round(1000 * status["total_current"]) == 11912
    # What this meter does not say. All fields of the real one are there.
    for field in "aprt_power", "pf", "freq":
        assert [status[phase + "_" + field] for phase in "abc"] == [None] * 3
    assert status["total_aprt_power"] is None and status["n_current"] is None and len(status) == 24
    assert status["user_calibrated_phase"] == []


def in_order(found):
    """The texts of an answer in their order: the names of its fields, where no value is a text."""
    return found.decode().split('"')[1::2]


def test_fields_and_components_come_in_the_order_of_the_real_one():
    # A Hoymiles MS-A2 is said to go by it.
    app = reader(*FULL)
    names = "_current", "_voltage", "_act_power", "_aprt_power", "_pf", "_freq"
    phases = [phase + name for phase in "abc" for name in names]
    assert in_order(rpc.call(app, "EM.GetStatus", None)) == (
        ["id"] + phases + ["n_current", "total_current", "total_act_power", "total_aprt_power", "user_calibrated_phase"]
    )
    found = rpc.call(app, "Shelly.GetStatus", None)
    places = [found.find(b'"%s":{' % name) for name in b"ble cloud em:0 emdata:0 eth modbus mqtt sys wifi ws".split()]
    assert places == sorted(places) and places[0] == 1


def test_export_is_negative():
    status = called(reader((0, 0), (1, 812), (L1_IMPORT_POWER, 0), (L1_EXPORT_POWER, 812)), "em.getstatus")
    assert status["total_act_power"] == -812 and status["a_act_power"] == -812


def test_counters_are_exact_and_absent_where_unknown():
    found = rpc.call(reader(*FULL), "EMData.GetStatus", None)
    assert found == b'{"id":0,"total_act":123456789.0,"total_act_ret":10000.0}'
    assert rpc.call(reader((0, 5)), "EMData.GetStatus", None) == b'{"id":0}'


def test_a_phase_that_the_meter_does_not_tell_is_not_invented():
    app = reader((0, 500), (1, 0))
    status = called(app, "EM.GetStatus")
    assert status["total_act_power"] == 500 and [status[phase + "_act_power"] for phase in "abc"] == [None] * 3
    assert status["total_current"] is None
    # For those who add up the phases, the first one has it all. Their sum is right, and so is the sign.
    status = called(app, "EM.GetStatus", {em.SUMMED: True})
    assert [status[phase + "_act_power"] for phase in "abc"] == [500, 0, 0] and status["a_voltage"] is None
    status = called(reader((0, 0), (1, 70)), "EM.GetStatus", {em.SUMMED: True})
    assert [status[phase + "_act_power"] for phase in "abc"] == [-70, 0, 0]
    # Where some phases are known, these stay, and the first unknown one has the rest.
    for known, powers in (
        (((L1_IMPORT_POWER, 500),), [500, 0, 0]),  # a house with one phase
        (((L1_IMPORT_POWER + 1, 480),), [20, 480, 0]),
        (((L1_IMPORT_POWER, 700), (L1_EXPORT_POWER + 2, 300)), [700, 100, -300]),
    ):
        app = reader((0, 500), *known)
        assert None in [called(app, "EM.GetStatus")[phase + "_act_power"] for phase in "abc"]
        status = called(app, "EM.GetStatus", {em.SUMMED: True})
        assert [status[phase + "_act_power"] for phase in "abc"] == powers


def test_the_sum_of_currents_is_that_of_all_phases_or_unknown():
    def total(*fields):
        return called(reader((0, 1), *fields), "EM.GetStatus")["total_current"]

    assert total((L1_CURRENT, 5000), (L1_VOLTAGE, 2300)) == 5  # one phase
    assert total((L1_CURRENT, 5000), (L1_VOLTAGE, 2300), (L1_VOLTAGE + 1, 0), (L1_VOLTAGE + 2, 0)) == 5
    assert total((L1_CURRENT, 5000), (L1_VOLTAGE + 2, 2300)) is None  # the third one's is missing


def test_nothing_old_is_told():
    app = reader()
    assert called(app, "EM.GetStatus") == (frames.SILENT, "there is no reading yet")
    app.link.read(*FULL)
    app.link.live.period_ms = 2500
    for age, known in ((0, True), (10000, True), (10001, False), (3600000, False)):
        app.board.ticks = app.link.live.received + age
        for method in "EM.GetStatus", "EMData.GetStatus", "EM1.GetStatus", "Shelly.GetStatus", "Shelly.GetComponents":
            found = rpc.call(app, method, None)
            assert isinstance(found, bytes) is known, (method, age)
            assert known or frames.silent(found) and found[1] == "the last reading is %d s old" % (age // 1000)
        assert (peer.notification(app, '"x"') is not None) is known
        assert isinstance(rpc.call(app, "Shelly.GetDeviceInfo", None), bytes)
    app.link.live.period_ms = 60000
    app.board.ticks = app.link.live.received + 180000
    assert isinstance(rpc.call(app, "EM.GetStatus", None), bytes)


def test_a_meter_that_tells_no_power_is_not_one_with_none():
    app = reader((22, 5000))
    assert called(app, "EM.GetStatus") == (frames.SILENT, "the meter tells no power")
    assert peer.notification(app, '"x"') is None


def test_each_listed_method_has_a_result():
    app = reader(*FULL)
    methods = called(app, "Shelly.ListMethods")["methods"]
    assert len(set(methods)) == len(methods) > 20
    # Clients take a meter with this one for one of a single phase. It is answered, but not listed.
    assert "EM1.GetStatus" not in methods
    assert called(app, "EM1.GetStatus", {"id": 0}) == {"id": 0, "act_power": 1000}
    for method in methods:
        assert isinstance(called(app, method), dict), method
        assert rpc.call(app, method.lower(), {}) == rpc.call(app, method.upper(), {}), method


def test_status_and_configuration_have_all_components():
    app = reader(*FULL)
    parts = sorted("em:0 emdata:0 sys wifi eth ble cloud modbus mqtt ws".split())
    status, config = called(app, "Shelly.GetStatus"), called(app, "Shelly.GetConfig")
    assert sorted(status) == parts and sorted(config) == sorted(set(parts) - {"eth"})
    assert status["em:0"] == called(app, "EM.GetStatus") and config["em:0"] == called(app, "EM.GetConfig")
    assert status["sys"]["unixtime"] == (NOW + app.board.ticks) // 1000 and len(status["sys"]["time"]) == 5
    assert config["sys"]["device"]["name"] == "HAN-READER-10ABCD"
    found = called(app, "Shelly.GetComponents")
    assert [part["key"] for part in found["components"]] == ["em:0", "emdata:0"] and found["total"] == 2
    assert found["components"][0]["config"] == config["em:0"]
    for params in {"dynamic_only": True}, {"offset": 2}:
        assert called(app, "Shelly.GetComponents", params)["components"] == []


def test_the_device_says_who_it_is():
    info = called(reader(), "Shelly.GetDeviceInfo")
    assert info["id"] == NAME and info["mac"] == "02005E10ABCD" and info["name"] == "HAN-READER-10ABCD"
    assert info["gen"] == 2 and info["app"] == "Pro3EM" and info["auth_en"] is False and info["profile"] == "triphase"


def test_nothing_that_writes_is_answered():
    app = reader(*FULL)
    for method in (
        "EM.SetConfig", "Sys.SetConfig", "WiFi.SetConfig", "Shelly.Reboot", "Shelly.Update", "Shelly.FactoryReset",
        "Shelly.SetAuth", "EMData.DeleteAllData", "EM.PhaseToPhaseCalib", "Script.PutCode", "Ws.SetConfig",
        "Script.Start", "em.setconfig", "EM.GetStatus\nEM", "EM.Get Status",
    ):  # fmt: skip
        code, text = rpc.call(app, method, {"id": 0})
        assert code in (403, 404) and method.split("\n")[0] in text, method
        assert code == 403 or " " in method or "\n" in method


def test_what_is_unknown_or_wrong_is_said():
    app = reader(*FULL)
    for method in (
        "EM.GetCTTypes", "Switch.GetStatus", "Script.ListAll", "Foo", "", "EM", "EM.", "Shelly", "em1", "Switch.Set",
        "KVS.Set", "x.y",
    ):  # fmt: skip
        assert called(app, method) == (404, "No handler for " + method), method
    assert called(app, "EM.GetStatus", {"id": 1}) == (-105, "Argument 'id', value 1 not found!")
    for number in "0", "", False, True, None, [], {}, 0.5:
        assert called(app, "EMData.GetStatus", {"id": number}) == (-103, "Invalid argument 'id'"), number
    for method, params in ((None, None), (3, None), ([], {}), ("EM.GetStatus", []), ("EM.GetStatus", "id")):
        assert called(app, method, params)[0] == -103
    assert len(called(app, "x" * 1000 + ".GetStatus")[1]) < 100


def test_frames():
    app = reader(*FULL)
    request = {"id": 7, "src": 'a"b', "method": "EM1.GetStatus"}
    assert frames.framed(app, request, rpc.call(app, "EM1.GetStatus", None)) == (
        b'{"id":7,"src":"%s","dst":"a\\"b","result":{"id":0,"act_power":1000.0}}' % NAME.encode()
    )
    frame = json.loads(frames.framed(app, {"id": "x", "src": 5}, (404, "No handler")).decode())
    assert frame == {"id": "x", "src": NAME, "dst": "unknown", "error": {"code": 404, "message": "No handler"}}
    for number in 0, 1, -1, "x", "":
        assert frames.named({"id": number})
    for number in None, True, False, 1.5, [], {}:
        assert not frames.named({"id": number})
    assert not frames.named({})


def test_notifications_have_the_counters_when_the_meter_tells_them():
    app = reader(*FULL)
    app.link.live.counted = app.link.live.seq
    frame = json.loads(peer.notification(app, '"me"').decode())
    assert frame["src"] == NAME and frame["dst"] == "me" and frame["method"] == "NotifyStatus" and "id" not in frame
    params = frame["params"]
    assert sorted(params) == ["em:0", "emdata:0", "ts"] and params["em:0"] == called(app, "EM.GetStatus")
    assert b'"ts":%d.%02d,' % divmod((NOW + 1000) // 10, 100) in peer.notification(app, '"me"')
    app.link.live.seq += 1
    assert sorted(json.loads(peer.notification(app, '"me"').decode())["params"]) == ["em:0", "ts"]


def test_bytes_that_are_no_request():
    for data in (
        b"", b" ", b"x", b"[]", b"1", b"null", b'"x"', b"{", b"\xff{}", b'{"id":1', b"[" * 500, b'{"a":' * 200,
        b"\0", b'\0{"id":1}', b'{"id":"\0"}', b'{"id":1}x', b'{"id":1}{"id":2}',
        b"{" + b" " * 1023 + b"}", b'{"id":1,"method":"EM.GetStatus"}' + b"[[[[[[[[[[[[[[[[[",
    ):  # fmt: skip
        assert frames.parse(data) is None, data
    for data in b'{"id":1}', b' {"id" : 1}\r\n', b'{"id":1}\0', b'{"id":1}\0\0x':
        assert frames.parse(data) == {"id": 1}, data
    random = Random(7)
    good = b'{"id":1,"src":"x","method":"EM.GetStatus","params":{"id":0}}'
    app = reader(*FULL)
    for _ in range(1000):
        data = bytearray(good)
        for _ in range(1 + random.below(4)):
            data[random.below(len(data))] = random.below(256)
        request = frames.parse(bytes(data[: random.below(len(data) + 1)]))
        if request is not None:
            found = rpc.call(app, request.get("method"), request.get("params"))
            assert isinstance(found, (bytes, tuple))
            if frames.named(request):
                json.loads(frames.framed(app, request, found).decode())


def test_whatever_a_request_says_the_answer_is_a_frame_or_none():
    values = (
        "0", "1", "-1", "null", "true", "false", "0.0", "1e999", '""', '"a"', "[]", "{}", "[0]", '{"id":0}', "1" * 300,
        '"%s%d"', '"\xe5"', '"\\u0000"', '"EM.GetStatus"', '"em.getstatus"', '"Shelly.GetComponents"', '"EM."', '"."',
        '"\\n"', '"Shelly.GetStatus "',
    )  # fmt: skip
    names = "id", "id", "src", "method", "method", "params", "dst", "auth"
    random = Random(11)
    app = reader(*FULL)
    answered = 0
    for _ in range(1500):
        pairs = [(names[random.below(8)], values[random.below(len(values))]) for _ in range(random.below(6))]
        data = "{%s}" % ",".join(['"%s":%s' % pair for pair in pairs])
        frame = udp.answer(app, data.encode())
        if frame is not None:
            answered += 1
            frame = json.loads(frame.decode())
            assert frame["src"] == NAME and ("result" in frame) != ("error" in frame), data
    assert answered > 100
