"""Access tokens: JWT (RFC 7519), signed with HS256 (RFC 7515) by a key that never leaves the reader.

Loaded for the requests that need it. The key is read from flash each time. It is made the first time.

The age of a token is judged by the uptime, so no clock is needed. A token carries the uptime when it was
made, and a number that is random for each start, so that no token outlives a restart.
"""
import json
from binascii import a2b_base64, b2a_base64, hexlify
from hashlib import sha256

from ..http.connection import refusal

try:
    from micropython import const
except ImportError:

    def const(value):
        return value


_LIFE = const(300)  # seconds for which a token is valid
# {"alg":"HS256","typ":"JWT"}: a token with any other head is refused.
_HEAD = const(b"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9")
_AUDIENCE = const("cozify-han")
_SCOPE = const("ota:write")
_MESSAGE = (
    '{"type":"HAN_AUTH_TOKEN","tokenType":"Bearer","accessToken":"%s","audience":"cozify-han",'
    '"scope":"ota:write","expiresIn":300}'
)
_KEY = const(32)  # bytes of the key
_LONGEST = const(512)  # most bytes of a token without its signature


def base64(data):
    """data as base64url without padding (RFC 7515, 2), bytes."""
    return b2a_base64(data).rstrip(b"\n=").replace(b"+", b"-").replace(b"/", b"_")


def from_base64(data):
    """The bytes that base64() has encoded. ValueError when data is malformed."""
    return a2b_base64(data.replace(b"-", b"+").replace(b"_", b"/") + b"===="[: -len(data) % 4])


def hmac_sha256(key, data):
    """HMAC-SHA256 of data (RFC 2104), 32 bytes. key: 64 bytes at most."""
    key += bytes(64 - len(key))
    inner = sha256(bytes([byte ^ 0x36 for byte in key]) + data).digest()
    return sha256(bytes([byte ^ 0x5C for byte in key]) + inner).digest()


def _same(a, b):
    """True when a equals b. It takes the same time wherever they differ, so that time tells nothing of a secret."""
    differ = len(a) ^ len(b)
    for i in range(min(len(a), len(b))):
        differ |= a[i] ^ b[i]
    return not differ


class Tokens:
    """Makes and checks tokens.

    copies     the Copies that keep the key
    seed       40 random bytes of this start
    random(n)  n more random bytes
    """

    def __init__(self, copies, seed, clock, random):
        self._clock = clock
        self._boot = hexlify(seed[:8]).decode()
        try:
            self.key = bytes(copies.load() or b"")
            if len(self.key) != _KEY:
                # The key is made now, not at the start: the chip's random generator is best while the radio runs.
                self.key = sha256(seed[8:] + random(_KEY)).digest()
                copies.save(self.key)
        except OSError:
            # Without flash there is a new key at each start. Nobody notices, as tokens end with a restart.
            self.key = seed[8:]

    def issue(self):
        """A new token, str."""
        claims = '{"aud":"%s","scope":"%s","boot":"%s","up":%d' % (_AUDIENCE, _SCOPE, self._boot, self._now())
        unix = self._clock.unix_ms()
        if unix is not None:
            claims += ',"iat":%d,"exp":%d' % (unix // 1000, unix // 1000 + _LIFE)
        signed = _HEAD + b"." + base64((claims + "}").encode())
        return (signed + b"." + base64(hmac_sha256(self.key, signed))).decode()

    def refuse(self, field):
        """Why the token in an Authorization field is refused: (status, message); None when it is good."""
        kind, _, token = (field or "").partition(" ")
        if kind.lower() != "bearer":
            return 401, "token missing: take one from /auth/token, send authorization: Bearer <token>"
        signed, _, mark = token.strip().encode().rpartition(b".")
        head, _, body = signed.partition(b".")
        if head != _HEAD or len(signed) > _LONGEST or not _same(base64(hmac_sha256(self.key, signed)), mark):
            return 401, "token malformed or forged"
        try:
            claims = json.loads(from_base64(body))
            right = claims["aud"] == _AUDIENCE
            fresh = claims["boot"] == self._boot and 0 <= self._now() - claims["up"] < _LIFE
            scopes = claims["scope"].split(" ")
        except (ValueError, KeyError, TypeError, AttributeError):
            return 401, "token malformed or forged"
        if not right:
            return 401, "token for another audience"
        if not fresh:
            return 401, "token expired"
        if _SCOPE not in scopes and "ota:*" not in scopes:
            return 403, "token lacks the scope " + _SCOPE
        return None

    def trusted(self, request):
        """The Response that refuses a request without a good token; None when its token is good."""
        refused = self.refuse(request.headers.get("authorization"))
        if not refused:
            return None
        return refusal(refused[0], refused[1], {"WWW-Authenticate": "Bearer"} if refused[0] == 401 else None)

    def message(self):
        """The message of GET /auth/token with a new token, bytes."""
        return (_MESSAGE % self.issue()).encode()

    def knows(self, field, password):
        """True when an Authorization field has this password (RFC 7617). It may have any user name."""
        kind, _, code = (field or "").partition(" ")
        try:
            given = a2b_base64(code.strip())
        except ValueError:
            return False
        return kind.lower() == "basic" and _same(given.partition(b":")[2], password.encode())

    def _now(self):
        return self._clock.uptime_ms() // 1000
