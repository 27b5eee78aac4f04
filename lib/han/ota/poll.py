"""Decides when the update server is asked. Stays in memory where there is a server."""
import asyncio

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


_FIRST = const(60)  # s until the server is asked for the first time
_LOOK = const(1)  # s between two looks at updates.wanted


# Lives as long as the application.
async def poll(updates, config, report):
    """Visit the update server about once a day after this version is proven, and whenever updates.wanted is set.

    report: takes a status, a health and an error for /health. The exceptions of the proof are raised here.
    """
    report("running", "ok", None)
    pause = _FIRST
    while True:
        # Readers ask at different moments: 1 to 6 minutes after the proof at first, then every 24 to 25 hours.
        pause += int.from_bytes(updates.board.random(2), "big") * (3600 if pause > _FIRST else 300) >> 16
        while pause > 0 and not updates.wanted:
            await asyncio.sleep(_LOOK)
            if updates.proof is None:
                pause -= _LOOK
            elif updates.proof.done():
                await updates.proof
                updates.proof = None
                report("running", "ok", None)
        updates.wanted = False
        asked, updates.asked = updates.asked, False
        pause = await _visit(updates, config, report, asked)


# Lives as long as one visit. The import is here so that nothing holds the client's code after it.
async def _visit(updates, config, report, asked):
    from .client import Visit, settle

    try:
        return await Visit(updates, config, report).run(asked)
    finally:
        if updates.status == "DOWNLOAD_IN_PROGRESS":
            settle(updates)
