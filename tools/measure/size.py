"""Prints the size of the firmware and of its live objects: `make size`.

Sizes are those of the .mpy files for the ESP32. Live objects are counted on the unix port. From that an estimate for
the chip is computed and printed beside the budgets.
"""

import sys

from staging import stage
from tools.measure import added, heap, heap32, languages
from tools.dev.progress import Progress

READINGS = 10000
# Plain twins of viper code: never loaded on the chip.
TWINS = ("_plain", "/plain")


def modules():
    """{module: bytes of .mpy} of the image for the ESP32; None if it does not compile for one of the chips."""
    ok = True
    for arch in stage.RISCV, stage.CHIP:
        target, failed = stage.stage(arch)
        for source, message in failed.items():
            print("%s, %s: %s" % (arch, source, message), file=sys.stderr)
            ok = False
    if not ok:
        return None
    found = {path.relative_to(target).with_suffix("").as_posix(): path.stat().st_size
             for path in sorted(target.rglob("*.mpy"))}  # fmt: skip
    return {module: size for module, size in found.items() if not module.endswith(TWINS)}


def packages(found):
    """Print the bytes of each package."""
    print("bytes of .mpy, %s" % stage.CHIP)
    sums = {}
    for module, size in found.items():
        package = module.rpartition("/")[0] or module
        sums[package] = sums.get(package, 0) + size
    for package, size in sums.items():
        print("  %-42s %8d" % (package, size))
    print("  %-42s %8d" % ("all", sum(sums.values())), flush=True)


def main(arguments=()):
    """Print everything. Exit status 1 only if a module does not compile for one of the chips."""
    count = int(arguments[0]) if arguments else READINGS
    with Progress() as progress:
        progress.tell("compiling for the chips")
        found = modules()
        if found is None:
            return 1
        packages(found)
        progress.tell("the whole application on the unix port, which takes a minute and a half")
        objects, there = heap.report()
        progress.tell("objects on 32 bits")
        heap32.report(objects, there)
        progress.tell("what nobody asks for")
        added.report()
        progress.tell("languages of other systems")
        languages.report(languages.measured())
        progress.tell("the heap after %d readings" % count)
        heap.readings(count)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
