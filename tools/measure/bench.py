"""Measures the speed on this machine in one run: `make bench`.

It compares one telegram, from its bytes to a Reading, with other decoders, and GET /meter with a bare microdot on the
same interpreter. Compare the ratios: other work on the machine slows both sides alike.
"""

import datetime
import os
import platform
import re
import sys

from staging import stage

sys.path[:0] = [str(stage.ROOT / "lib"), str(stage.ROOT)]

from tools.dev.progress import Progress  # noqa: E402  needs the path above
from tools.measure.speed import bench_api, bench_decode, bench_history, bench_upload  # noqa: E402


def main(arguments=()):
    when = datetime.date.today().isoformat()
    print("%s, %s, %d cores, CPython %s" % (when, processor(), os.cpu_count(), platform.python_version()))
    print()
    with Progress() as progress:
        bench_decode.report(progress.tell)
        recorded = bench_history.report(progress.tell)
        answered = bench_api.report(progress.tell)
        uploaded = bench_upload.report(progress.tell)
    return 0 if uploaded and answered and recorded else 1


def processor():
    try:
        with open("/proc/cpuinfo") as file:
            return re.search(r"model name\s*: (.*)", file.read()).group(1)
    except (OSError, AttributeError):
        return platform.machine()


if __name__ == "__main__":
    sys.exit(main())
