"""Whether the application that has started works: only then it is kept.

1. It is new here. A minute after its start its critical tasks run, there is a network, the API
   answers. Then the chip's loader is told to keep it, and boot.py that this start was a good one.
2. It is new and something of that is missing for ten minutes: it restarts, and the loader goes
   back to the one before. The same where it restarts for any other reason.
3. It has been confirmed before. Then a network is not asked for, and it is never given up: an
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


#: In the crash log, of one that has given itself up.
GIVEN_UP = "not confirmed: "
# s: between two looks, and until one that is new is given up.
_LOOK = const(10)
_MOST = const(600)


# Lives until the application is proven; where it never is, as long as the application.
async def prove(updates, failing, links, port, report):
    """Return once the application is proven, and kept. See Updates.run."""
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
    """True where there is a network. Setup mode is one for a new reader, whose owner comes over its access point.

    Not for one that has been set up: it opens that mode when its network is gone, too, or keeps it open.
    """
    if links.setup and not links.is_set() and links.config.values["np"] != "eth":
        return True
    return links.lost is None


async def look(updates, failing, network, port):
    """Have the application kept; why not, None where it is. failing: what critical task does not run, in words."""
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
    """Why a version went back, in its own words: the last in the crash log of the run before this one. OSError.

    "" where that was this `version`'s.
    """
    said = ""
    for _, _, text in CrashLog(state).entries():
        if text[:8] != "started ":
            said = said or text
        elif text[8:].startswith(version + ": "):
            # Its own starts since are no answer; what came before them is another story.
            if said or not text.endswith(": OTA_ROLLBACK"):
                return ""
        else:
            break
    else:
        return ""
    reason, mark, why = said.partition(GIVEN_UP)
    if mark and reason == "OTA_ROLLBACK: ":
        return why
    # Of a traceback, where it was and what it was.
    lines = said.split("\n")
    return said if len(lines) == 1 else lines[0].partition(":")[0] + ": " + lines[-1]
