"""Makes `.venv` from requirements.txt and checks every package against its pinned hash.

It uses the standard library only, because it runs before anything is installed.
"""

import fcntl
import pathlib
import shutil
import subprocess
import sys
import venv

ROOT = pathlib.Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
REQUIREMENTS = ROOT / "requirements.txt"


def main():
    if sys.version_info < (3, 10):
        sys.exit("Python 3.10 or newer is needed: make setup PYTHON=/path/to/python3")
    try:
        import ensurepip  # noqa: F401  a separate package on some systems
    except ImportError:
        sys.exit("this Python cannot make a venv with pip (Debian: apt install python3-venv)")
    ensure(VENV, REQUIREMENTS)


def ensure(folder, requirements):
    """Make or update the venv in a folder from a file of requirements; returns its interpreter. Exits on failure."""
    python, stamp = folder / "bin" / "python", folder / "stamp"
    newest = max(path.stat().st_mtime_ns for path in (requirements, pathlib.Path(__file__)))
    with open(requirements) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # in a fresh clone two commands may start at once
        if not (stamp.exists() and stamp.stat().st_mtime_ns > newest and works(python)):
            make(folder, requirements, python)
            stamp.touch()
    return python


def make(folder, requirements, python):
    """Make a venv, or update it. Exits on failure."""
    # If its interpreter was upgraded or removed, a venv works only in part: make a new one.
    if folder.exists() and not works(python):
        shutil.rmtree(folder)
    venv.EnvBuilder(with_pip=True, symlinks=True).create(folder)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check"]
    # The file has all packages that are needed. What is not compiled now is so when it is imported first.
    install = ["install", "--quiet", "--require-hashes", "--no-deps", "--no-compile", "-r", str(requirements)]
    (folder / "stamp").unlink(missing_ok=True)
    print("installing %s into %s" % (requirements.name, folder.relative_to(ROOT)), flush=True)
    if subprocess.call(pip + install):
        sys.exit("make setup failed: pip could not install %s (see above)" % requirements.name)


def works(python):
    """True if the venv's interpreter starts and has the version of this one."""
    code = "import sys; print(sys.version_info[:2])"
    try:
        out = subprocess.run([str(python), "-c", code], capture_output=True, text=True)
    except OSError:
        return False
    return out.stdout.strip() == str(sys.version_info[:2])


if __name__ == "__main__":
    main()
