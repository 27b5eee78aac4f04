"""The board's one button. Imported while it is pressed.

    a press           setup mode opens, for ten minutes at least; not if it was pressed for a client, see Links.taker
    held for 10 s     factory settings at the release; the history stays
    held for 30 s     factory settings, and the history is erased, at once
The light is on while the button is held. From 10 s on it blinks fast: a release then resets the settings.
"""

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# Times, ms. What is shorter than _PRESS is a spark, and no press.
_PRESS = const(50)
_RESET = const(10000)
_ERASE = const(30000)
# Value of links.button: nothing more is done until the button is released.
_DONE = const(-1)


def turn(links, now):
    """Do what is due, as the button is or was pressed. now: tick, ms.

    links.button becomes the tick at which it was pressed, or None when it is not pressed any more.
    """
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
            # At once: a restart in good order would write again what has just been erased.
            links.board.reset("USER")
        links.restart("USER", "factory settings")
    elif held >= _PRESS and not (links.taker and links.taker()):
        links.policy().ask()
