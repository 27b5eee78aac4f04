"""How big the firmware is and what it leaves free, against the budgets: `make size`.

Sizes are those of the .mpy files for the chip. The heap is that of the whole application on
the unix port, whose objects are about twice as big as the chip's.
"""

import sys

from tools import simulator, stage

ALWAYS_BUDGET = 64 * 1024
ON_DEMAND_BUDGET = 16 * 1024  # each of those packages
HEAP = "240k"
# Imported when needed and released after.
ON_DEMAND = (
    "han/price", "han/ota", "han/net",
    "han/api/auth", "han/api/backup", "han/api/body", "han/api/fields", "han/api/compact", "han/api/definitions",
    "han/api/diagnostics", "han/api/export", "han/api/health", "han/api/history", "han/api/legacy", "han/api/page",
    "han/api/prices", "han/api/settings", "han/api/update", "han/core/zonefile",
    "han/meter/aliases", "han/meter/anonymise", "han/meter/sevenbits", "han/store/replay", "han/store/clocksteps",
    "han/store/copies", "han/store/crashlog", "han/store/edge", "han/store/factory", "han/store/kept",
    "han/store/records", "han/store/samples", "han/start", "han/safe", "han/core/identity",
)  # fmt: skip
# Modules of those that stay.
KEPT = (
    "han/price/__init__", "han/price/book", "han/net/__init__", "han/net/timekeeper", "han/net/links",
    "han/ota/__init__", "han/ota/updates",
)  # fmt: skip
# Loaded once and kept, but only where the meter or the configuration asks for it: ciphers, SML, P1 (who has it does
# without A-XDR), lists without codes; spot prices; an update server.
WHERE_NEEDED = (
    "han/meter/identity", "han/meter/orders", "han/ota/poll", "han/price/spot", "han/wire/gcm", "han/wire/lines",
    "han/wire/p1", "han/wire/segments", "han/wire/sml", "han/api/tls",
)  # fmt: skip
# Twins of viper code, for interpreters without it: never loaded on the chip.
TWINS = "_plain"


def groups():
    """{group: [(module, bytes)]} of the image for the chip; None where it does not compile."""
    target, failed = stage.stage(stage.CHIP)
    for source, message in failed.items():
        print("%s: %s" % (source, message), file=sys.stderr)
    if failed:
        return None
    found = {"always": [], "where needed": [], "on demand": [], "board": [], "twins": []}
    for path in sorted(target.rglob("*.mpy")):
        module = path.relative_to(target).with_suffix("").as_posix()
        if module.endswith((TWINS, "/plain")):
            group = "twins"
        elif module + ".py" in stage.BOARD:
            group = "board"
        elif module.startswith(WHERE_NEEDED):
            group = "where needed"
        elif module.startswith(ON_DEMAND) and module not in KEPT:
            group = "on demand"
        else:
            group = "always"
        found[group].append((module, path.stat().st_size))
    return found


def packages(rows):
    """{package: bytes}, in order."""
    sums = {}
    for module, size in rows:
        parts = module.split("/")
        name = "/".join(parts[:2]) if parts[0] == "han" and len(parts) > 2 else parts[0]
        sums[name] = sums.get(name, 0) + size
    return sums


def image(details=True):
    """Print the image's sizes; whether they are within the budgets, None where it does not compile."""
    found = groups()
    if found is None:
        return None
    titles = {
        "always": "always running",
        "where needed": "loaded once by some meters, or with spot prices",
        "on demand": "on demand, and released after",
        "board": "the chip's board",
        "twins": "only where there is no viper",
    }
    for group, title in titles.items():
        if not found[group] or not details:
            continue
        print("%-44s %8s" % (title, ".mpy"))
        for module, size in found[group]:
            print("  %-42s %8d" % (module, size))
        for name, size in packages(found[group]).items():
            print("  = %-40s %8d" % (name, size))
        print()
    always = sum(size for _, size in found["always"])
    ok = budget("always running, with microdot", always, ALWAYS_BUDGET)
    for group in "where needed", "on demand":
        for name, size in packages(found[group]).items():
            ok = budget("%s, %s" % (name, group), size, ON_DEMAND_BUDGET) and ok
    return ok


def budget(what, size, limit):
    print("%-44s %8d of %6d %s" % (what, size, limit, "" if size <= limit else "OVER BUDGET"))
    return size <= limit


def heap():
    """Print what is free after boot; False where the application does not run in that heap."""
    arguments = ["--runtime", "micropython", "--heap", HEAP, "--port", "0"]
    try:
        with simulator.Simulator(*arguments) as reader:
            reader.wait_for_reading()
            health = reader.get("/health")
    except (OSError, RuntimeError) as error:
        print("\n%s heap: %s" % (HEAP, error), flush=True)
        return False
    print("\nheap of the unix port at -X heapsize=%s, simulated board and meter included" % HEAP)
    for name in ("heap_size", "free_heap_size", "minimum_free_heap_size"):
        print("  %-42s %8d" % (name, health[name]))
    return True


def main():
    ok = image()
    return 0 if heap() and ok else 1


if __name__ == "__main__":
    sys.exit(main())
