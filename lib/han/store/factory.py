"""Back to factory settings. Imported when needed; the board is restarted right after."""
from . import flash
from .config import defaults


def reset(board, config, everything):
    """Erase all settings and secrets. With `everything`, erase the history and the crash log, too.

    The meter's counters stay, as they never fall. The certificate stays, as it came with the reader.
    OSError: the flash refuses.
    """
    for _ in range(2):  # overwrites both copies, so that no old password stays in flash
        config.change(defaults())
    _erase(board, flash.Region(board.partition("state"), *flash.TOKEN_KEY))
    if everything:
        _erase(board, flash.Region(board.partition("state"), *flash.CLOCK_STEPS))
        _erase(board, flash.Region(board.partition("state"), *flash.CRASHES))
        try:
            history = board.partition("history")
        except OSError:
            return  # this board has no history
        _erase(board, flash.Region(history, 0, history.ioctl(4, 0)))


def _erase(board, region):
    for sector in range(region.sectors):
        region.erase(sector)
        board.feed()  # the watchdog: erasing a sector takes up to 400 ms
