"""The message of released clients of /update: imported when one is made."""
from .encode import flag, text

_LEGACY = (
    '{"status":"%s","updating":%s,"rebootPending":%s,"bytesWritten":%d,"bytesExpected":%d,"progress":%d,"error":%s}'
)


def legacy(u):
    """GET /update."""
    status = u.status
    values = (
        status, flag(status.endswith("_IN_PROGRESS")), flag(status == "REBOOT_PENDING"), u.written, u.expected,
        u.progress, text(u.error),
    )  # fmt: skip
    return (_LEGACY % values).encode()
