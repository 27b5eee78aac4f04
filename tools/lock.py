"""Pins requirements.in in requirements.txt, with the hashes of all wheels for every platform.

pip-tools locks for the machine that it runs on; uv locks for all Python versions at once.
It is needed only here, so it gets a venv of its own.
"""

import pathlib
import subprocess
import sys
import venv

ROOT = pathlib.Path(__file__).resolve().parent.parent
VENV = ROOT / "build" / "lock"


def main():
    venv.EnvBuilder(with_pip=True, symlinks=True).create(VENV)
    subprocess.check_call([VENV / "bin" / "pip", "install", "--quiet", "uv"])
    options = ["--universal", "--python-version", "3.10", "--generate-hashes", "--upgrade"]
    # The index that this machine uses is nobody else's business.
    options += ["--no-emit-index-url", "--no-emit-find-links", "--quiet"]
    options += ["--custom-compile-command", "make lock"]
    files = ["requirements.in", "-o", "requirements.txt"]
    sys.exit(subprocess.call([VENV / "bin" / "uv", "pip", "compile"] + options + files, cwd=ROOT))


if __name__ == "__main__":
    main()
