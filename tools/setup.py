"""Makes `.venv` from requirements.txt, every package checked against its pinned hash.

Runs on a bare Python, before anything is installed: standard library only.
"""

import pathlib
import shutil
import subprocess
import sys
import venv

ROOT = pathlib.Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "stamp"


def main():
    if sys.version_info < (3, 10):
        sys.exit("Python 3.10 or newer is needed: make setup PYTHON=/path/to/python3")
    try:
        import ensurepip  # noqa: F401  a separate package on some systems
    except ImportError:
        sys.exit("this Python cannot make a venv with pip (Debian: apt install python3-venv)")
    # An interpreter that was upgraded or removed under a venv leaves one that half works.
    python = VENV / "bin" / "python"
    if VENV.exists() and not works(python):
        shutil.rmtree(VENV)
    venv.EnvBuilder(with_pip=True, symlinks=True).create(VENV)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check"]
    install = ["install", "--quiet", "--require-hashes", "-r", str(ROOT / "requirements.txt")]
    STAMP.unlink(missing_ok=True)
    print("installing requirements.txt into .venv", flush=True)
    if subprocess.call(pip + install):
        sys.exit("make setup failed: pip could not install requirements.txt (see above)")
    STAMP.touch()


def works(python):
    """True where the venv's interpreter starts and is the version that runs this."""
    code = "import sys; print(sys.version_info[:2])"
    try:
        out = subprocess.run([str(python), "-c", code], capture_output=True, text=True)
    except OSError:
        return False
    return out.stdout.strip() == str(sys.version_info[:2])


if __name__ == "__main__":
    main()
