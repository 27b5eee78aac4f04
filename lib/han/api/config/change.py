"""The requests that change the configuration or restart the reader. Imported when needed."""
from ..http.connection import refusal
from .permit import given, writable
from .settings import changed, is_secret


async def configuration(app, request):
    """PUT /configuration: change the fields that the body has. A refusal says what is wrong; then nothing changes."""
    return await _change(app, request, False)


async def setup(app, request):
    """POST /setup: join a WiFi network. A refusal says what is wrong; then nothing changes."""
    return await _change(app, request, True)


async def reboot(app, request):
    """POST /reboot: restart the reader in good order."""
    refused = writable(app, request)
    if refused:
        return refused
    app.restart("USER")
    return b'{"success":true,"message":"reboot:ok","rebootRequired":true}'


async def _change(app, request, setup):
    """Take a configuration from a request's body. setup: the body has the name and password of a network."""
    wanted, refused = await given(app, request)
    if refused:
        return refused
    try:
        if setup:
            join(app, wanted)
        else:
            _take(app, wanted)
    except ValueError as error:
        return refusal(400, str(error))
    except OSError as error:
        return refusal(503, "the flash does not keep it: %s" % error, {"Retry-After": "60"})
    if setup:
        return b'{"success":true,"message":"setup:ok"}'
    return b'{"success":true,"message":"configuration:ok","rebootRequired":false}'


def join(app, wanted):
    """Take a network from the JSON object of POST /setup. ValueError names what is wrong, OSError comes from the flash.

    After either, nothing has changed.
    """
    if not _take(app, _network(wanted, app.config.values)):
        app.links.policy().attempts.hurry()


def _take(app, wanted):
    """Take these fields of a configuration. False when they change nothing. OSError, ValueError as above."""
    values = changed(wanted, app.config.values, (app.port, app.board.secure_port))
    if values == app.config.values:
        return False
    app.configure(values)
    return True


def _network(wanted, values):
    """The configuration's fields for {"s": true, "ss": name, "sp": password}. ValueError names what is wrong."""
    if not isinstance(wanted, dict):
        raise ValueError("the body must be an object")
    if wanted.get("s") is not True:
        raise ValueError("s must be true")
    name, password = wanted.get("ss"), wanted.get("sp")
    if not isinstance(name, str) or not 1 <= len(name.encode()) <= 32:
        raise ValueError("ss must be the network's name, text of 1 to 32 bytes")
    if not isinstance(password, str):
        raise ValueError('sp must be the password, "" for an open network')
    if password and not is_secret("passphrase", password, len(password.encode())):
        raise ValueError("sp must be 8 to 63 ASCII characters or 64 hex digits")
    w = values["w"]
    # Elsewhere "" keeps the stored password. Here it means an open network, and None deletes the password.
    wifi = {"e": True, "s": name, "p": password or None, "w": (w["w"] or 2) if password else 0}
    if name != w["s"]:
        wifi["n"] = {"m": "dhcp"}  # a fixed address belonged to the network before
    made = {"w": wifi}
    if values["np"] == "eth":
        made["np"] = "auto"
    return made
