"""Measures the speed on this machine in one run: `make bench [PEER=folder of dlms_parser | BASE=commit] [ONLY=ratios]`.

It compares one telegram, from its bytes to a Reading, with a compiled decoder or with an earlier commit, and with other
decoders in Python, and GET /meter with a bare microdot on the same interpreter. Compare the ratios: other work on the
machine slows both sides alike. It also times the questions of a home battery.
"""

import argparse
import datetime
import os
import platform
import re
import sys

from staging import stage

sys.path[:0] = [str(stage.ROOT / "lib"), str(stage.ROOT)]

from tools.dev.progress import Progress  # noqa: E402  needs the path above
from tools.measure.speed import bench_api, bench_battery, bench_decode, bench_history, bench_ratios, bench_upload  # noqa: E402


#: The commit with which the decoder is compared where there is no peer.
BASE = "ddef633"


def main(arguments=()):
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.split("\n")[0])
    parser.add_argument("--peer", metavar="FOLDER", help="a clone of the C++ library dlms_parser to compare with")
    parser.add_argument("--base", metavar="COMMIT", default=BASE, help="else the commit to compare with (%s)" % BASE)
    parser.add_argument("--only", choices=["ratios"], help="nothing but that comparison")
    options = parser.parse_args(list(arguments))
    when = datetime.date.today().isoformat()
    print("%s, %s, %d cores, CPython %s" % (when, processor(), os.cpu_count(), platform.python_version()))
    print()
    with Progress() as progress:
        bench_decode.compile_all(progress.tell)
        try:
            bench_ratios.report(progress.tell, options.peer, options.base)
        except RuntimeError as reason:
            print("bench: %s" % reason, file=sys.stderr)
            return 1
        if options.only:
            return 0
        bench_decode.report(progress.tell)
        recorded = bench_history.report(progress.tell)
        answered = bench_api.report(progress.tell)
        waited = bench_battery.report(progress.tell)
        uploaded = bench_upload.report(progress.tell)
    return 0 if uploaded and waited and answered and recorded else 1


def processor():
    try:
        with open("/proc/cpuinfo") as file:
            return re.search(r"model name\s*: (.*)", file.read()).group(1)
    except (OSError, AttributeError):
        return platform.machine()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
