"""Pins each requirements*.in in a .txt beside it, with the hashes of all wheels for every platform.

pip-tools locks for the machine that it runs on; uv locks for all Python versions at once.
It is needed only here, so it gets a venv of its own.
"""

import pathlib
import subprocess
import venv

ROOT = pathlib.Path(__file__).resolve().parents[2]
VENV = ROOT / "build" / "lock"


def main():
    venv.EnvBuilder(with_pip=True, symlinks=True).create(VENV)
    subprocess.check_call([VENV / "bin" / "pip", "install", "--quiet", "uv"])
    options = ["--universal", "--python-version", "3.10", "--generate-hashes", "--upgrade"]
    # The index that this machine uses is nobody else's business.
    options += ["--no-emit-index-url", "--no-emit-find-links", "--quiet"]
    options += ["--custom-compile-command", "make lock"]
    for source in sorted(ROOT.glob("requirements*.in")):
        files = [source.name, "-o", source.with_suffix(".txt").name]
        subprocess.check_call([VENV / "bin" / "uv", "pip", "compile"] + options + files, cwd=ROOT)


if __name__ == "__main__":
    main()
