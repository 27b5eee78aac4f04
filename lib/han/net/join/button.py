"""The board's one button, while it is pressed: imported for that.

    a press           setup mode opens, for ten minutes at least
    held for 10 s     factory settings at the release; the history stays
    held for 30 s     factory settings, and the history is erased, at once
The light while it is held: on; fast blinking from 10 s on, when a release resets.
"""

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# ms. A press is not a spark.
_PRESS = const(50)
_RESET = const(10000)
_ERASE = const(30000)
# Nothing more is wanted until it is released.
_DONE = const(-1)


def turn(links, now):
    """It is pressed, or was, at this tick: do what is due. links.button: since when, None where it is not any more."""
    down = links.board.button()
    since = links.button
    links.button = _DONE if down else None
    if since == _DONE:
        return
    if since is None:
        since = now
    held = links.board.ticks_diff(now, since)
    if down and held < _ERASE:
        links.button = since
        links.board.led(held < _RESET or now // 250 & 1 == 0)
        return
    if held >= _RESET:
        from ...store.factory import reset

        reset(links.board, links.config, down)
        if down:
            # Not in good order, which would write what has just been erased.
            links.board.reset("USER")
        links.restart("USER", "factory settings")
    elif held >= _PRESS:
        links.policy().ask()
