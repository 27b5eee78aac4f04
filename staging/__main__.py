"""Compiles the application for one or more processors: `python -m staging [ARCH …]`, see stage.py."""

import sys

from staging import ROOT
from staging.stage import CHIP, RISCV, UNIX, stage


def main(arguments):
    bad = False
    for arch in arguments or [CHIP, RISCV, UNIX]:
        target, failed = stage(arch)
        for source, message in failed.items():
            bad = True
            print("%s: %s" % (source, message), file=sys.stderr)
        print(target.relative_to(ROOT))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
