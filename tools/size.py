"""How big the firmware's modules are and what the application leaves free: `make size`.

Sizes are those of the .mpy files for the ESP32. The heap is that of the whole application on the unix port, whose
objects are about twice as big as the chip's, and, where there is node, of its modules on a port with the chip's.
"""

import sys

from tools import heap, heap32, stage
from tools.progress import Progress

READINGS = 10000
# Twins of viper code, for interpreters without it: never loaded on the chip.
TWINS = ("_plain", "/plain")


def modules():
    """{module: bytes} of the image for the ESP32; None where it does not compile for one of the chips."""
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


def image():
    """Print the modules' sizes; whether they compile for every chip."""
    found = modules()
    if found is None:
        return False
    packages = {}
    for module, size in found.items():
        print("%-44s %8d" % (module, size))
        package = module.rpartition("/")[0] or module
        packages[package] = packages.get(package, 0) + size
    print()
    for package, size in packages.items():
        print("%-44s %8d" % (package, size))
    print("%-44s %8d" % ("all", sum(found.values())))
    return True


def main(arguments=()):
    count = int(arguments[0]) if arguments else READINGS
    with Progress() as progress:
        progress.tell("compiling for the chips")
        ok = image()
        progress.tell("the heap of the whole application")
        kept, streams = heap.report()
        progress.tell("the heap after %d readings" % count)
        flat = heap.readings(count)
        progress.tell("the 32-bit heap")
        heap32.report(streams)
    return 0 if ok and kept and flat else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
