"""POST /setup: what a new network's name and password mean for the configuration. Imported when needed."""
from .settings import is_secret


def settings(given, values):
    """The configuration's fields for {"s": true, "ss": name, "sp": password}; ValueError names what is wrong."""
    if not isinstance(given, dict):
        raise ValueError("the body must be an object")
    if given.get("s") is not True:
        raise ValueError("s must be true")
    name, password = given.get("ss"), given.get("sp")
    if not isinstance(name, str) or not 1 <= len(name.encode()) <= 32:
        raise ValueError("ss must be the network's name, text of 1 to 32 bytes")
    if not isinstance(password, str):
        raise ValueError('sp must be the password, "" for an open network')
    if password and not is_secret("passphrase", password, len(password.encode())):
        raise ValueError("sp must be 8 to 63 ASCII characters or 64 hex digits")
    w = values["w"]
    # "" keeps a password elsewhere; here it says that there is none.
    wifi = {"e": True, "s": name, "p": password or None, "w": (w["w"] or 2) if password else 0}
    if name != w["s"]:
        wifi["n"] = {"m": "dhcp"}  # a fixed address belongs to the network before
    made = {"w": wifi}
    if values["np"] == "eth":
        made["np"] = "auto"
    return made
