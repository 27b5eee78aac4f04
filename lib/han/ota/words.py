"""What a version that went back has said of itself: it knows best why. Read once, at the start after it."""
from ..store.crashlog import CrashLog

_GIVEN_UP = "OTA_ROLLBACK: not confirmed: "  # see proof.py


def last_words(state, version):
    """The last that is in the crash log of the run before this one, "" where that was this `version`'s. OSError."""
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
    if said.startswith(_GIVEN_UP):
        return said[len(_GIVEN_UP) :]
    # Of a traceback, where it was and what it was.
    lines = said.split("\n")
    return said if len(lines) == 1 else lines[0].partition(":")[0] + ": " + lines[-1]
