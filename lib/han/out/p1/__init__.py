"""P1 over TCP: each client gets what a P1 port would send, as the meter's own telegrams or as virtual ones.

On boards with a free pin it also goes out of a second UART, to what has a P1 plug.
"""

_CLIENTS = 2


# Lives until the language is switched off, or its settings change.
async def run(app, status):
    """Serve P1 on its port, and at the second UART's pin."""
    # Not imported with this module, as HomeWizard's telegrams need the one beside it, but no server.
    from ..serve import Server
    from .source import Source

    source = app.bus.subscribe("meter", kind=Source)
    server = Server(app, status, status.settings["port"], source.talk, _CLIENTS)
    plug = None
    try:
        source.start(app, status, server)
        if status.settings["uart"]:
            from .plug import opened

            plug = opened(app, source, status)
        await server.run()
    finally:
        source.close()
        if plug:
            plug.close()
