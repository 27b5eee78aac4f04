"""Updates from the version before, and back to it: what the flash must still have, wherever the power fails.

The version before the ledger runs from its own sources, which the repository has. See reader.py.
"""

import io
import json
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

from tests.support import Random

#: The last version without a ledger.
BEFORE = "ddef633"
ROOT = pathlib.Path(__file__).parents[2]
HOUR, DAY = 3600, 86400
#: Monday 30 March 2026 in Helsinki: the month ends two days later.
START = (2192 + 31 + 28 + 29) * DAY - 3 * HOUR
#: Of a quarter in which the reader started, some Wh may be in the one beside it: those around the last sample.
_NEAR = 60
_CHANGE = 5 * HOUR


def missing():
    """Why the version before cannot be run here; None if it can."""
    try:
        done = subprocess.run(["git", "cat-file", "-e", BEFORE + "^{commit}"], cwd=ROOT, capture_output=True)
    except OSError:
        return "no git"
    return "this clone does not have commit %s" % BEFORE if done.returncode else None


class Readers:
    """`with Readers() as readers`: a process of each version. readers.run(version, …): "before" or "now"."""

    def __enter__(self):
        self._folder = tempfile.mkdtemp()
        packed = subprocess.run(
            ["git", "archive", BEFORE, "lib", "host_sim", "tests/__init__.py", "tests/store"],
            cwd=ROOT, capture_output=True, check=True,
        ).stdout  # fmt: skip
        with tarfile.open(fileobj=io.BytesIO(packed)) as files:
            files.extractall(self._folder)
        self._processes = {
            version: subprocess.Popen(
                [sys.executable, str(ROOT / "tests" / "sweep" / "reader.py"), str(folder)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder,
            )
            for version, folder in (("before", self._folder), ("now", ROOT))
        }  # fmt: skip
        return self

    def __exit__(self, *exception):
        for process in self._processes.values():
            process.stdin.close()
            process.wait(10)
            process.stdout.close()
        shutil.rmtree(self._folder)

    def run(self, version, state, readings, cut=None, seed=1):
        """The state of a reader after so many readings, a minute apart, or after its power has failed."""
        return self._ask(version, dict(state, look=False, readings=readings, cut=cut, seed=seed, change=_CHANGE))

    def look(self, version, state):
        """What a version finds in a state at its start. The state stays as it is."""
        return self._ask(version, dict(state, look=True, seed=1))

    def _ask(self, version, order):
        process = self._processes[version]
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        assert line, "the reader of %r has ended" % version
        return json.loads(line)


def blank(counters):
    """The state of a new reader. counters: its meter tells them."""
    return {"history": None, "state": None, "true": START, "ws": [0, 0], "counters": counters}


class Story:
    """One sequence of versions, with power that fails in the middle of it, and what is checked after each step.

    counters  the meter tells its counters
    whole     samples of an uninterrupted run of the version before: [[sample]] for each series
    """

    def __init__(self, readers, counters, whole):
        self._counters = counters
        self._readers = readers
        self._whole = [{sample[0]: sample for sample in samples} for samples in whole]
        self._state = blank(counters)
        self._written = [[], [], [], []]
        self._starts = []  # [time, samples of 15 minutes may lack so many of their 10 s]
        self._origin = None
        self.cuts = self.operations = 0

    def fork(self):
        """A copy that goes on from the same state."""
        other = Story(self._readers, self._counters, [])
        other._whole = self._whole
        other._state = self._state
        other._written = list(self._written)
        other._starts = list(self._starts)
        other._origin = self._origin
        return other

    def step(self, version, readings, cut=None, seed=1):
        """Start a version and let it read; then both must find everything. Returns the number of operations."""
        state = self._state
        # A start costs the 10 s that had begun. The version before does not find those before a leap either.
        self._starts.append((state["true"], 1 if version == "now" else 15))
        answer = self._readers.run(version, state, readings, cut, seed)
        self.cuts += answer["failed"]
        self.operations = answer["operations"]
        self._state = dict(state, **{name: answer[name] for name in ("history", "state", "true", "ws")})
        where = version, readings, cut, seed, answer["failed"]
        if answer["failed"]:
            self._starts.append((answer["true"], 2))
        for looks in ("before", "now"):
            self._check(looks, where + (looks,))
        return answer["operations"]

    def _check(self, version, where):
        found = self._readers.look(version, self._state)
        samples = found["samples"]
        for kind in (1, 2, 3):
            mine = samples[kind]
            times = [sample[0] for sample in mine]
            assert times == sorted(set(times)), (where, kind, "twice or out of order")
            written = self._written[kind]
            assert mine[: len(written)] == written, (where, kind, "what was written has changed", len(written))
            for sample in mine[len(written) :]:
                self._compare(version, kind, sample, where)
            if version == "now":
                # What this look has made up for is made up for again by whoever starts next.
                self._written[kind] = mine
        self._energy(found, where)
        values = found["values"]
        changed = self._state["true"] // _CHANGE * _CHANGE
        if changed > START + 60 and self._state["true"] not in [start for start, _ in self._starts]:
            assert values["p"] in (changed, changed - _CHANGE), (where, values["p"], changed)
        if found["ledger"] is not None:
            self._ledger(found["ledger"], where)

    def _compare(self, version, kind, sample, where):
        """A sample is that of the uninterrupted run, but for what a start may cost."""
        t = sample[0]
        right = self._whole[kind].get(t)
        assert right, (where, kind, "not in the uninterrupted run", sample)
        length = (0, 900, DAY, 31 * DAY)[kind]
        lacks = [most for start, most in self._starts[1:] if t - 900 <= start <= t + length + 900]
        if version == "before":
            lacks.append(15)
        lack = sum(lacks)
        # None may count twice.
        assert right[2] - lack <= sample[2] <= right[2], (where, kind, sample, right)
        # Without counters each start loses less than a Wh, which may show later.
        slack = (_NEAR if lacks else 0) + (0 if self._counters else len(self._starts))
        for i in (3, 4):
            least = right[i] - slack if self._counters else 0
            assert least <= sample[i] <= right[i] + slack, (where, kind, sample, right)
        if not lack:
            assert all([abs(a - b) <= 1 for a, b in zip(sample[5:14], right[5:14])]), (where, kind, sample, right)
            assert sample[14:18] == right[14:18], (where, kind, sample, right)

    def _energy(self, found, where):
        """No Wh is lost or counted twice."""
        if not found["samples"][0] and not found["samples"][1]:
            return
        for way in range(2):
            known = found["known"][way]
            if known is None:
                continue
            if self._origin is None:
                self._origin = [5000000000, 1000]
                for i in range(2):
                    self._origin[i] += self._first(i)
            total = sum([sample[3 + way] for sample in found["samples"][3]]) + found["running"][way]
            assert total == known - self._origin[way], (where, way, total, known - self._origin[way])

    def _first(self, way):
        """Wh that the meter had counted at the first reading."""
        from tests.sweep.reader import power

        return power(START + 60)[way] * 60 // 3600

    def _ledger(self, ledger, where):
        """Rows may be missing, but none is wrong, and none is twice."""
        from tests.sweep.reader import gas

        zone = _zone()
        for kind, rows in enumerate(ledger):
            times = [row[0] for row in rows]
            assert times == sorted(set(times), reverse=True), (where, "ledger", kind, times)
            for t, value, replaced in rows:
                # A power cut between a row and the note of which meter it was costs a difference, see close.hour().
                assert not replaced or self.cuts, (where, "ledger", kind, t)
                if value is None:
                    assert kind, (where, t)
                    continue
                end = t + HOUR if not kind else zone.next_day(t) if kind == 1 else zone.next_month(t)
                right = [gas(at) for at in range(t + HOUR, end + 1, HOUR)]
                assert value in right, (where, "ledger", kind, t, value)


def _zone():
    from tests.store.world import Zone

    return Zone()


#: (version, readings) of a story: an update, back, and an update again.
STEPS = (("before", (600, 1900)), ("now", (20, 300)), ("before", (20, 300)), ("now", (60, 400)), ("before", (20, 200)),
         ("now", (60, 200)))  # fmt: skip
_LONGEST = sum([most for _, (_, most) in STEPS]) + 8 * 60


def whole(readers, counters):
    """[[sample]] of an uninterrupted run of the version before, as long as any story."""
    state = blank(counters)
    return readers.look("before", dict(state, **readers.run("before", state, _LONGEST)))["samples"]


def tell(readers, counters, samples, seed, forks):
    """Play a story, and at each step `forks` others in which the power fails there. Returns (operations, cuts).

    counters, samples  see Story
    """
    random = Random(seed)
    story = Story(readers, counters, samples)
    operations = cuts = 0
    for at, (version, (least, most)) in enumerate(STEPS):
        before = story.fork()
        readings = random.between(least, most)
        count = story.step(version, readings)
        operations += count
        for _ in range(forks if at else 0):
            other = before.fork()
            # The first operations after a start are as interesting as all the others together.
            other.step(version, readings, random.below(random.choice((10, 60, count))), random.below(1000))
            cuts += other.cuts
            # Then it starts again, or, as an update that is on trial, it goes back.
            again = random.choice((version, "before", "now"))
            other.step(again, random.between(3, 40))
            other.step(random.choice(("before", "now")), random.between(3, 40))
            other.step("now", 30)
    return operations, cuts
