"""A backup of the configuration: PUT accepts what GET returns; only a client with the password gets the secrets."""

import json
from binascii import b2a_base64

from tests.api.fake import Running, ask, get

JSON = "Content-Type: application/json\r\n"
KEY = "00112233445566778899AABBCCDDEEFF"
OTHER = "FFEEDDCCBBAA99887766554433221100"
SETTINGS = {
    "t": "Europe/Oslo", "s": True, "p": 8.123456, "pc": "NOK",
    "m": {"f": 35, "k": KEY, "a": OTHER},
    "w": {"s": 'my "p":"","w": net', "p": 'pass"word\\1'},
    "out": {"mqtt": {"user": 'my "tls": name', "pw": 'brok"er\\1'}},
}  # fmt: skip


async def put(app, value, headers=""):
    return await ask(app, "/configuration", "PUT", JSON + headers, json.dumps(value).encode())


async def token(app, password):
    basic = b2a_base64(b"reader:" + password.encode()).decode().strip()
    answer = await ask(app, "/auth/token", headers="Authorization: Basic %s\r\n" % basic)
    return "Authorization: Bearer %s\r\n" % answer.json()["accessToken"]


async def test_a_backup_without_secrets_is_the_configuration_itself():
    async with Running() as app, Running() as other:
        assert (await put(app, SETTINGS)).status == 200
        backup = await ask(app, "/configuration")
        assert KEY not in backup.body.decode() and "pass" not in backup.body.decode()
        assert "brok" not in backup.body.decode()
        answer = await ask(other, "/configuration", "PUT", JSON, backup.body)
        assert answer.status == 200, answer.body
        want = backup.json()
        want["m"]["ks"] = want["m"]["as"] = want["out"]["mqtt"]["pws"] = False
        assert await get(other, "/configuration") == want


async def test_secrets_are_for_who_knows_the_password():
    async with Running() as app:
        await put(app, SETTINGS)
        answer = await ask(app, "/configuration?secrets=1")
        assert answer.status == 409 and "pw" in answer.json()["message"]
        await put(app, {"pw": "open sesame"})
        answer = await ask(app, "/configuration?secrets=1")
        assert answer.status == 401
        answer = await ask(app, "/configuration?secrets=1", headers="Origin: http://elsewhere\r\n")
        assert answer.status == 403
        bearer = await token(app, "open sesame")
        answer = await ask(app, "/configuration?secrets=1", headers=bearer)
        found = answer.json()
        assert found["w"]["p"] == SETTINGS["w"]["p"] and found["w"]["s"] == SETTINGS["w"]["s"]
        assert found["m"]["k"] == KEY and found["m"]["a"] == OTHER and "pw" not in found
        assert "sesame" not in answer.body.decode()
        async with Running() as other:
            restored = await ask(other, "/configuration", "PUT", JSON, answer.body)
            assert restored.status == 200, restored.body
            for name in ("t", "p", "m", "w"):
                assert other.config.get(name) == app.config.get(name)
            # The password of MQTT is told to nobody.
            assert "brok" not in answer.body.decode() and "pw" not in found["out"]["mqtt"]
            kept = dict(app.config.get("out", "mqtt"), pw="")
            assert other.config.get("out", "mqtt") == kept
