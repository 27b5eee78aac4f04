"""Back to factory settings. Imported when needed; the board is restarted right after."""
from . import flash
from .config import defaults


def reset(board, config, everything):
    """Forget all settings and secrets; `everything`: what has been recorded, too. OSError: the flash refuses.

    The meter's counters stay, as they never fall, and so does the certificate, which came with the reader.
    """
    for _ in range(2):  # both copies: no old password stays behind
        config.change(defaults())
    _erase(board, flash.Region(board.partition("state"), *flash.TOKEN_KEY))
    if everything:
        _erase(board, flash.Region(board.partition("state"), *flash.CLOCK_STEPS))
        _erase(board, flash.Region(board.partition("state"), *flash.CRASHES))
        try:
            history = board.partition("history")
        except OSError:
            return  # this board keeps none
        _erase(board, flash.Region(history, 0, history.ioctl(4, 0)))


def _erase(board, region):
    for sector in range(region.sectors):
        region.erase(sector)
        board.feed()  # up to 400 ms each
