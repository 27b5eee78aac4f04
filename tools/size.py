"""How big the firmware is and what it leaves free, against the budgets: `make size`.

Sizes are those of the .mpy files for the chip. The heap is that of the whole application on
the unix port, whose objects are about twice as big as the chip's.
"""

import sys

from tools import heap as doing
from tools import heap32, simulator, stage

ALWAYS_BUDGET = 64 * 1024
ON_DEMAND_BUDGET = 16 * 1024  # each part
HEAP = "240k"
READINGS = 10000
# Imported when needed and released after, by what is needed together.
PARTS = {
    "start": ("han/start", "han/apply", "han/safe", "han/core/identity"),
    "network": ("han/net",),
    "recording": ("han/store",),
    "prices": ("han/price", "han/api/prices"),
    "updates": ("han/ota", "han/api/update"),
    "setup and settings": (
        "han/api/access", "han/api/auth", "han/api/backup", "han/api/change", "han/api/configuration",
        "han/api/definitions", "han/api/fields", "han/api/permit", "han/api/portal", "han/api/scan",
        "han/api/settings", "han/api/wifisetup", "han/core/zonefile",
    ),
    "answers": (
        "han/api/astray", "han/api/compact", "han/api/export", "han/api/health", "han/api/history",
        "han/api/identity", "han/api/ota", "han/api/page", "han/api/state", "han/api/unread",
    ),
    "streams": ("han/api/client", "han/api/listen", "han/api/websocket"),
    "diagnosis": (
        "han/api/diagnostics", "han/meter/aliases", "han/meter/anonymise", "han/meter/anonymise_sml",
        "han/meter/sevenbits", "han/meter/told",
    ),
}  # fmt: skip
# Modules of those that stay: of packages the names, what each reading goes through, and what serves streams, as
# somebody listens to most readers all the time: forgotten as modules, they live as long as a stream does.
KEPT = (
    "han/price/__init__", "han/net/__init__", "han/ota/__init__", "han/store/__init__", "han/store/history",
    "han/api/client", "han/api/listen",
)  # fmt: skip
# Loaded once and kept, but only where the meter or the configuration asks for it: ciphers, SML, P1 (who has it does
# without A-XDR), lists without codes; a cable; spot prices; an update server.
WHERE_NEEDED = (
    "han/meter/identity", "han/meter/orders", "han/net/mdns", "han/ota/poll", "han/price/spot", "han/wire/gcm",
    "han/wire/ciphered", "han/wire/lines", "han/wire/p1", "han/wire/segments", "han/wire/sml", "han/api/tls",
)  # fmt: skip
# Twins of viper code, for interpreters without it: never loaded on the chip.
TWINS = "_plain"


def groups():
    """{group: [(module, bytes)]} of the image for the chip; None where it does not compile, or not as is known here."""
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
        elif part(module) and module not in KEPT:
            group = "on demand"
        else:
            group = "always"
        found[group].append((module, path.stat().st_size))
    # Part of a module that is released, it would keep that one in memory.
    lost = set(KEPT) - {module for rows in found.values() for module, _ in rows}
    for module in sorted(lost):
        print("%s: kept, but no module of its own: tools.link has made it part of another" % module, file=sys.stderr)
    return None if lost else found


def part(module):
    """The part on demand that a module belongs to, None for others."""
    for name, modules in PARTS.items():
        if module.startswith(tuple(each + "/" for each in modules)) or module in modules:
            return name
    return None


def sums(rows, name):
    """{name of a module: bytes}, in order."""
    found = {}
    for module, size in rows:
        found[name(module)] = found.get(name(module), 0) + size
    return found


def package(module):
    parts = module.split("/")
    return "/".join(parts[:2]) if parts[0] == "han" and len(parts) > 2 else parts[0]


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
        for name, size in sums(found[group], part if group == "on demand" else package).items():
            print("  = %-40s %8d" % (name, size))
        print()
    always = sum(size for _, size in found["always"])
    ok = budget("always running, with microdot", always, ALWAYS_BUDGET)
    for group, name in ("where needed", package), ("on demand", part):
        for each, size in sums(found[group], name).items():
            ok = budget("%s, %s" % (each, group), size, ON_DEMAND_BUDGET) and ok
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


def main(arguments=()):
    ok = image()
    ok = heap() and ok
    kept, streams = doing.report()
    flat = doing.readings(int(arguments[0]) if arguments else READINGS)
    heap32.report(streams)
    return 0 if kept and flat and ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
