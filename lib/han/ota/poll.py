"""When the update server is asked. Stays in memory where there is one."""
import asyncio

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


_FIRST = const(60)  # s until it is asked for the first time
_LOOK = const(1)  # s between two looks whether somebody wants it


# Lives as long as the application.
async def poll(updates, config, report, proof):
    """Visit the update server now and then once this version is proven, and when somebody wants it.

    proof: the task that proves it; what it raises is raised.
    """
    report("running", "ok", None)
    pause = _FIRST
    while True:
        # Not all readers at once: a minute up to six after the proof, then a day up to a day and an hour.
        pause += int.from_bytes(updates.board.random(2), "big") * (3600 if pause > _FIRST else 300) >> 16
        while pause > 0 and not updates.wanted:
            await asyncio.sleep(_LOOK)
            if proof is None:
                pause -= _LOOK
            elif proof.done():
                await proof
                proof = None
                report("running", "ok", None)
        updates.wanted = False
        asked, updates.asked = updates.asked, False
        pause = await _visit(updates, config, report, asked)


# Lives as long as one visit, and then nothing holds what that takes.
async def _visit(updates, config, report, asked):
    from .client import Visit, settle

    try:
        return await Visit(updates, config, report).run(asked)
    finally:
        if updates.status == "DOWNLOAD_IN_PROGRESS":
            settle(updates)
