"""Pins each requirements*.in in a .txt file beside it, with the hashes of all wheels for every platform.

It uses uv, which locks for all Python versions at once; pip-tools locks for the machine that it runs on. Only this
tool needs uv, so uv gets its own venv.
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
    # Leave out the package index of this machine: others may use another one.
    options += ["--no-emit-index-url", "--no-emit-find-links", "--quiet"]
    options += ["--custom-compile-command", "make lock"]
    for source in sorted(ROOT.glob("requirements*.in")):
        files = [source.name, "-o", source.with_suffix(".txt").name]
        subprocess.check_call([VENV / "bin" / "uv", "pip", "compile"] + options + files, cwd=ROOT)


if __name__ == "__main__":
    main()
