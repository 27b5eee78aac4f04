"""The users of version 2: names and hashes of tokens are kept beside the settings, see store/config.py."""
from binascii import hexlify
from hashlib import sha256

from ...core.encode import text
from .device import plain, refusal

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


_MOST = const(4)  # users
_LONGEST = const(40)  # characters of a name, without its prefix
_PREFIX = "local/"
_ALLOWED = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_\\/# "
_KEY = "users"


def known(app, token):
    """The name of the user who has this token; None: nobody."""
    try:
        wanted = _hash(token)
    except ValueError:
        return None  # half of a surrogate pair is no text
    for name, kept in app.config.get(_KEY).items():
        if kept == wanted:
            return name
    return None


def create(app, device, values):
    """The answer to a request for a new user, whose name is in the values of its body."""
    name = values.get("name")
    if name is None:
        return refusal(400, "json:parameter-missing:name")
    if not isinstance(name, str):
        return refusal(400, "json:parameter-invalid-type:name")
    if not name.startswith(_PREFIX):
        return refusal(400, "user:invalid-prefix")
    plain = name[len(_PREFIX) :]
    if not plain:
        return refusal(400, "user:name-empty")
    if len(plain) > _LONGEST:
        return refusal(400, "user:name-too-long")
    for character in plain:
        if character not in _ALLOWED:
            return refusal(400, "user:name-invalid")
    if not device.ask():
        return refusal(403, "user:creation-not-enabled")
    users = dict(app.config.get(_KEY))
    if name not in users and len(users) >= _MOST:
        return refusal(507, "user:no-storage")
    token = hexlify(app.board.random(16)).decode().upper()
    users[name] = _hash(token)
    if not _kept(app, users):
        return refusal(507, "user:no-storage")
    device.revoked(name)
    return ('{"token":"%s","name":%s}' % (token, text(name))).encode()


def listed(app, current):
    """The message with all users, bytes. current: the name of who asks."""
    said = []
    for name in app.config.get(_KEY):
        said.append('{"name":%s%s}' % (text(name), ',"current":true' if name == current else ""))
    return ("[%s]" % ",".join(said)).encode()


def delete(app, device, values):
    """The answer to a request to delete the user whose name is in the values of its body."""
    users = dict(app.config.get(_KEY))
    name = values.get("name")
    if name is None:
        return refusal(400, "json:parameter-missing:name")
    if not isinstance(name, str):
        return refusal(400, "json:parameter-invalid-type:name")
    if users.pop(name, None) is None:
        return refusal(404, "user:not-found")
    if not _kept(app, users):
        return refusal(500, "request:internal-server-error")
    device.revoked(name)
    return plain(b"", 204)


def foreign(headers):
    """True for a request that a browser makes for a page: no page may ask for a user."""
    return "origin" in headers


def _hash(token):
    return hexlify(sha256(token.encode()).digest()[:16]).decode()


def _kept(app, users):
    try:
        app.config.note(_KEY, users)
    except (OSError, ValueError):
        return False  # the flash refuses, or there is no room beside the settings
    return True
