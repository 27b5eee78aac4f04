"""tools.decode as a user runs it."""
import json
import subprocess
import sys

from tests.support import inputs, raw, telegrams

KAIFA = bytes.fromhex(
    "7ea027010201105a87e6e7000f40000000090c07e60102070e2512ff80000002010600001015f5ff7e")
ENCRYPTED = "7ea01fcf02231385"


def run(data, *arguments):
    return subprocess.run([sys.executable, "-m", "tools.decode", *arguments], input=data, capture_output=True)


def test_raw_bytes_hex_text_and_a_file(tmp_path):
    expected = {"ts": "2022-01-02T14:37:18", "ts_dst": False, "import_power_w": 4117}
    spaced = " ".join("%02X" % byte for byte in KAIFA).encode() + b"\n"
    for data in (KAIFA, KAIFA.hex().encode(), spaced):
        done = run(data, "-")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == expected
    path = tmp_path / "capture.bin"
    path.write_bytes(b"noise" + KAIFA * 2)
    done = run(b"", str(path))
    assert [json.loads(line) for line in done.stdout.splitlines()] == [expected] * 2
    assert b"0-4: 5 bytes in no telegram" in done.stderr
    assert b"2 decoded, 0 rejected" in done.stderr


def test_a_bare_apdu_with_and_without_llc():
    apdu = KAIFA[9:-3]
    for data in (apdu, apdu[3:]):
        done = run(data, "-")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["import_power_w"] == 4117


def test_nothing_decoded_is_exit_1_and_says_why():
    broken = bytearray(KAIFA)
    broken[-3] ^= 1
    done = run(bytes(broken), "-")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"checksum is wrong" in done.stderr
    assert run(b"", "-").returncode == 1


def test_bad_arguments_are_exit_2():
    assert run(b"").returncode == 2
    done = run(b"", "/nowhere/at/all")
    assert done.returncode == 2
    assert b"/nowhere/at/all" in done.stderr


def test_what_checks_a_p1_telegram():
    body = b"/ABC5\r\n\r\n1-0:1.7.0(1*kW)\r\n!"
    assert b"27 bytes, no checksum\n" in run(body + b"\r\n", "-").stderr
    done = run(inputs("7e1-good.bin"), "-")
    assert done.returncode == 0 and b"no checksum, parity right (a 7E1 line)" in done.stderr
    done = run(inputs("7e1-bit.bin"), "-")
    assert (done.returncode, done.stdout) == (1, b"") and b"wrong parity" in done.stderr


def test_the_scale_of_a_list_that_carries_none():
    done = run(inputs("kamstrup-voltage-x100.bin"), "-")
    assert json.loads(done.stdout)["l1_voltage_v"] == 222
    assert b"decoded (the list has no scale: taken for 0.01 V, 0.01 A, 10 Wh)" in done.stderr
    for entry in telegrams(id="kamstrup-ct-milliampere"):
        done = run(raw(entry), "-")
        assert json.loads(done.stdout)["l1_current_a"] == 90.999
        assert b"taken for V, mA, 10 Wh" in done.stderr


def test_a_clock_alone_is_not_decoded():
    done = run(b"/ABC5\r\n\r\n0-0:1.0.0(251002222553S)\r\n!\r\n", "-")
    assert done.returncode == 1 and json.loads(done.stdout)["ts"] == "2025-10-02T22:25:53"
    assert b"rejected: telegram without readings: only a clock" in done.stderr
    assert b"0 decoded, 1 rejected" in done.stderr


def test_encrypted_without_a_key():
    for entry in telegrams(expect="framing-only-no-key"):
        done = run(raw(entry), "-")
        assert (done.returncode, done.stdout) == (1, b""), entry["id"]
        security = entry["security"]
        line = "encrypted: system_title=%s frame_counter=%s security=%s" % (
            security["system_title"], security["invocation_counter"], security["security_control"])
        assert line.encode() in done.stderr, (entry["id"], done.stderr)


def test_a_long_capture_in_order():
    entries = telegrams(lambda entry: not entry["encrypted"] and entry["framing"] != "raw-apdu", expect="decode")
    done = run(b"".join(raw(entry) + b"\r\n" for entry in entries), "-")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    wanted = [(message, entry) for entry in entries for message in entry["messages"]]
    assert len(found) == len(wanted)
    for got, (want, entry) in zip(found, wanted):
        if "import_power_w" in want or not entry["partial"]:
            assert got.get("import_power_w") == want.get("import_power_w"), entry["id"]


def test_every_register_as_a_table_and_as_json():
    text = (b"/ABC5 x\r\n\r\n1-0:1.8.1(000123.456*kWh)\r\n0-1:24.2.1(261128115500W)(00012.345*m3)\r\n"
            b"0-0:96.13.0(48656C6C6F)\r\n1-0:C.1.0()\r\n!\r\n")
    done = run(text, "--registers", "-")
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 0 and lines[0] == "P1 /ABC5 x"
    assert lines[1].split() == ["code", "name", "value", "unit", "time"]
    assert lines[2].split() == ["1-0:1.8.1", "Active", "energy", "import,", "tariff", "1", "000123.456", "kWh"]
    assert lines[3].split()[-3:] == ["00012.345", "m3", "261128115500W"]
    assert lines[4].endswith("text Hello") and lines[5] == "1-0:C.1.0"
    done = run(text * 2, "--registers", "--json", "-")
    first, second = [json.loads(line) for line in done.stdout.splitlines()]
    assert first == second and first["registers"][0] == {
        "obis": "1-0:1.8.1", "name": "Active energy import, tariff 1", "value": "000123.456", "unit": "kWh",
    }  # fmt: skip
    assert "ts" not in first["registers"][1]  # no zone is known here
    # Also of what makes no reading; not of what is damaged.
    done = run(bytes.fromhex("0f400000000002020600000001120007"), "--registers", "-")
    assert done.returncode == 0 and b"unknown list" in done.stderr and done.stdout.count(b"\n") == 5
    assert run(text + b"F", "--registers", "--json", "-").returncode == 0
    assert run(text, "--json", "-").returncode == 2
    for entry in telegrams(expect="reject"):
        assert run(raw(entry), "--registers", "-").stdout == b"", entry["id"]


def test_another_convention_of_checksums_is_named_and_taken_where_asked_for():
    data = inputs("sml_kermit.hex")
    done = run(data, "-")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"(checksum: KERMIT): --any-checksum accepts it" in done.stderr
    done = run(data, "--any-checksum", "-")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"import_power_w": 500, "export_power_w": 0, "import_energy_wh": 1235}
    assert b"0-139: SML telegram of 140 bytes, checksum: KERMIT" in done.stderr
    # Five in a row prove it without being asked; none that matches no convention is ever taken.
    assert run(data * 6, "-").stdout.count(b"\n") == 2
    broken = bytearray(data)
    broken[60] ^= 1
    assert run(bytes(broken) * 6, "--any-checksum", "-").returncode == 1
