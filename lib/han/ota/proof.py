"""Proves that the application that has started works. Only a proven application is kept.

1. The application is new here. A minute after the start its critical tasks run, there is a network,
   and the API answers. Then it is confirmed: the chip's loader keeps it, and boot.py notes a healthy start.
2. The application is new, and one of these is missing for ten minutes. Then it restarts, and the loader
   goes back to the application before. The same happens when it restarts for any other reason.
3. The application was confirmed before. Then it needs no network, and it is never given up: an
   access point that is off must not count against it.
"""
import asyncio

from ..net.http import Client, HttpError
from ..store.crashlog import CrashLog

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


#: The crash log's text when a new application gives itself up begins with this.
GIVEN_UP = "not confirmed: "
_LOOK = const(10)  # s between two looks
_MOST = const(600)  # s until a new application is given up


# Lives until the application is proven, or as long as the application.
async def prove(updates, failing, links, port, report):
    """Return when the application is proven and confirmed. For the arguments see Updates.run()."""
    waited = 60
    while True:
        why = await look(updates, failing(), reachable(links), port())
        if not why:
            updates.proven = True
            return
        report("running", "degraded", "not proven yet: " + why)
        if not updates.proven and waited >= _MOST:
            updates.restart("OTA_ROLLBACK", GIVEN_UP + why)
        waited += _LOOK
        await asyncio.sleep(_LOOK)


def reachable(links):
    """True where there is a network.

    Setup mode counts as a network only for a reader that has not been set up: its owner connects to its access
    point. A reader that has been set up opens setup mode also when its network is gone.
    """
    if links.setup and not links.is_set() and links.config.values["np"] != "eth":
        return True
    return links.lost is None


async def look(updates, failing, network, port):
    """Confirm the application if it works. Returns None, or in words why it is not confirmed.

    failing   which critical task does not run, in words, or None
    network   True where there is a network
    port      port of the API
    """
    board = updates.board
    if failing:
        return failing
    if not updates.proven and not network:
        return "no network"
    host = board.listen[0]
    if host == "0.0.0.0":
        host = "127.0.0.1"
    try:
        await Client().get("http://%s:%d/han" % (host, port), lambda data: None)
    except HttpError as error:
        return "the API does not answer: %s" % error
    try:
        board.confirm()
    except OSError as error:
        return "the flash refuses: %s" % error
    return None


def last_words(state, version):
    """Why the other version was rolled back, from what it wrote to the crash log last; "" where that is not known.

    state: the partition; version: of the running application. OSError where the flash cannot be read.
    """
    said = ""
    for _, _, text in CrashLog(state).entries():
        if text[:8] != "started ":
            said = said or text
        elif text[8:].startswith(version + ": "):
            # Skip this version's starts since the rollback. Any other entry of its own: the log tells nothing.
            if said or not text.endswith(": OTA_ROLLBACK"):
                return ""
        else:
            break
    else:
        return ""
    reason, mark, why = said.partition(GIVEN_UP)
    if mark and reason == "OTA_ROLLBACK: ":
        return why
    # Of a traceback, keep the task's name and the exception.
    lines = said.split("\n")
    return said if len(lines) == 1 else lines[0].partition(":")[0] + ": " + lines[-1]
