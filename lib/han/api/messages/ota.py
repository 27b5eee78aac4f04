"""GET /ota and GET /update: the state of an update. Imported when such a message is made."""
from ...core.encode import flag, text

_OTA = (
    '{"type":"HAN_OTA_MESSAGE","ts":%s,"uuid":"%s","status":"%s","version":%s,"releaseNotes":%s,'
    '"source":%s,"critical":%s,"forced":%s,"allowDownload":%s,"progress":%d,"activeSlot":"%s",'
    '"stagedSlot":%s,"stagedVersion":%s,"error":%s,"reason":%s,"server":"%s","visits":%d}'
)
# The message for released clients of /update.
_LEGACY = (
    '{"status":"%s","updating":%s,"rebootPending":%s,"bytesWritten":%d,"bytesExpected":%d,"progress":%d,"error":%s}'
)


def message(app):
    """HAN_OTA_MESSAGE, bytes."""
    u = app.updates
    values = (
        text(app.clock.unix_ms()), app.identity.uuid, u.status, text(u.version), text(u.notes), text(u.source),
        flag(u.critical), flag(u.forced), flag(u.allowed), u.progress, u.active, text(u.staged and u.other),
        text(u.staged), text(u.error), text(u.reason), u.server, u.visits,
    )  # fmt: skip
    return (_OTA % values).encode()


async def serve(app, request):
    """The message for the path of the request."""
    return answer(app, request.path)


def answer(app, path):
    """The message for a path, bytes: the one for released clients if it is /update, else HAN_OTA_MESSAGE."""
    if path != "/update":
        return message(app)
    u = app.updates
    status = u.status
    values = (
        status, flag(status[-12:] == "_IN_PROGRESS"), flag(status == "REBOOT_PENDING"), u.written, u.expected,
        u.progress, text(u.error),
    )  # fmt: skip
    return (_LEGACY % values).encode()
