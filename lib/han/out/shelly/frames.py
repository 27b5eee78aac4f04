"""The frames of a Shelly's remote procedure calls: requests, answers and errors (JSON-RPC 2.0 without its "jsonrpc").

An answer is the result of a call, bytes with a JSON object, or an error, (code, text).
"""
from json import loads

from ...core.encode import text

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


#: The code of the error that there is no reading to tell: "unavailable". Codes above 0 are HTTP statuses.
SILENT = -114
#: Most bytes of a request.
LARGEST = 1024
#: UDP ports at which home batteries ask: at the first one, or those with newer firmware at the second one.
PORTS = 1010, 2220
# Most objects and lists in a request: each takes memory.
_DEEPEST = const(16)


def called(app):
    """The name by which the Shelly goes, text: its model and the reader's MAC address."""
    return "shellypro3em-" + app.identity.mac.replace(":", "").lower()


def parse(data):
    """The request, a dict, in bytes that a client sent; None for anything else. A zero ends a text in C."""
    if len(data) > LARGEST or data.count(b"{") + data.count(b"[") > _DEEPEST:
        return None
    try:
        request = loads(bytes(data).decode().partition("\0")[0])
    except (ValueError, RuntimeError):  # not UTF-8, not JSON, or nested too deeply for this interpreter
        return None
    return request if isinstance(request, dict) else None


def named(request):
    """True for a request that has an id, by which its client knows the answer again."""
    number = request.get("id")
    return isinstance(number, str) or isinstance(number, int) and number is not True and number is not False


def framed(app, request, answer):
    """The frame, bytes, with the answer to a request, a dict with an id."""
    source = request.get("src")
    head = '{"id":%s,"src":"%s","dst":%s,' % (
        text(request.get("id")), called(app), text(source) if isinstance(source, str) else '"unknown"',
    )  # fmt: skip
    if isinstance(answer, bytes):
        return b'%s"result":%s}' % (head.encode(), answer)
    return b'%s"error":%s}' % (head.encode(), problem(answer))


def problem(error):
    """The JSON, bytes, of an error."""
    return ('{"code":%d,"message":%s}' % (error[0], text(error[1]))).encode()


def silent(answer):
    """True for the error that there is no reading to tell."""
    return not isinstance(answer, bytes) and answer[0] == SILENT
