"""The commands that README.md, CONTRIBUTING.md and docs/ tell people to type, and a clone to try them in."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import urllib.request

from staging import stage
from tools.docs import links, markdown

#: What a command begins with.
PROGRAMS = re.compile(
    r"(\$ )?(make|curl|wget|docker|podman|git|gh|pip3?|pipx|python3?|\.venv/bin/\S+|apt-get|apt|sudo|mkdir|cp|stty"
    r"|esptool(\.py)?|idf\.py|mpremote|npm|pre-commit|evcc)( |$)")  # fmt: skip
#: How blocks of a shell are marked, if they are.
SHELL = ("", "sh", "bash", "shell", "console")
#: Seconds that nothing takes, however slow the machine.
PATIENCE = 600
LISTENING = re.compile(r"listening on (http://[0-9.:]+)/")
#: Not in a clone, or made anew there.
_LEFT_OUT = ".git", ".venv", "build", "__pycache__", "screenshots", ".*_cache", "keys.py", "page.bin"
_PIPED = {
    "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True,
    "errors": "replace",
}  # fmt: skip


def collected(root=stage.ROOT):
    """[("README.md:38", command)] of every page, in order; a command without its comment and prompt."""
    found = []
    for page in links.pages(root):
        name = page.relative_to(root).as_posix()
        if name.startswith(("findings/", ".github/")):
            continue
        for line, kind, text in markdown.code(page.read_text()):
            if kind == "inline":
                pieces = [" ".join(text.split())]
                pieces = [piece for piece in pieces if " " in piece]  # the program alone is a name
            else:
                pieces = text.replace("\\\n", " ").splitlines() if kind in SHELL else []
            for number, piece in enumerate(pieces):
                piece = re.sub(r"\s+#\s.*", "", piece.strip())
                if PROGRAMS.match(piece) or piece.startswith("$ "):
                    found.append(("%s:%d" % (name, line + number), piece.removeprefix("$ ")))
    return found


class Clone:
    """The project as after `git clone` in a folder of its own; .venv is the one that is there.

    served    address of a reader of its own, once serve() has been asked for
    """

    def __init__(self, folder):
        self.root = folder / "clone"
        self.home = folder / "home"
        self.home.mkdir()
        shutil.copytree(stage.ROOT, self.root, ignore=shutil.ignore_patterns(*_LEFT_OUT), symlinks=True)
        (self.root / ".venv").symlink_to(stage.ROOT / ".venv")
        # The same keys as here: what is compiled is the same then.
        shutil.copytree(stage.BUILD / "keys", self.root / "build" / "keys")
        for name in "requirements.txt", *self.makes(".venv/stamp"):
            os.utime(self.root / name, (0, 0))  # .venv is not made anew, whatever its age
        self.environment = dict(os.environ, HOME=str(self.home))
        for name in "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "IDF_PATH":  # of a make that runs this
            self.environment.pop(name, None)
        self._served = None

    def makes(self, target):
        """What a target of the Makefile is made from."""
        text = (self.root / "Makefile").read_text().replace("$(SETUP)", ".venv/stamp")
        return re.search(r"^%s: (.*)$" % re.escape(target), text, re.M)[1].partition("##")[0].split()

    def run(self, command):
        """(exit status, all that it said) of a command line of a shell."""
        done = subprocess.run(["bash", "-c", command], cwd=self.root, env=self.environment, timeout=PATIENCE, **_PIPED)
        return done.returncode, done.stdout

    def start(self, command):
        """A Reader: the command starts one."""
        return Reader(command, self.root, self.environment)

    def serve(self):
        """The address of a reader that lives as long as the clone."""
        if self._served is None:
            self._served = self.start("make sim PORT=0 SPEED=10")
        return self._served.url

    def close(self):
        """End what has been started."""
        if self._served:
            self._served.close()


class Reader:
    """A reader that a command line starts; it answers at `url`."""

    def __init__(self, command, folder, environment):
        line = ["bash", "-c", command]
        self._process = subprocess.Popen(line, cwd=folder, env=environment, start_new_session=True, **_PIPED)
        said = []
        for line in self._process.stdout:
            said.append(line)
            found = LISTENING.search(line)
            if found:
                self.url = found[1]
                return
        self._process.wait()
        raise AssertionError("%s: no reader listens\n%s" % (command, "".join(said)))

    def ask(self, path):
        """The body of an answer."""
        with urllib.request.urlopen(self.url + path, timeout=PATIENCE) as answer:
            return answer.read()

    def close(self):
        """Ctrl-C."""
        os.killpg(self._process.pid, signal.SIGINT)
        self._process.communicate(timeout=PATIENCE)


def words(command):
    """The words of a command line, as a shell takes them; ValueError where it is none."""
    return shlex.split(command, comments=True)
