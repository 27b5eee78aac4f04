"""Limits that nothing changes are numbers where they are used."""

from tools import limits

SOURCE = '''class Gate:
    """Counts."""

    wait_ms = 500
    changed = 2
    most = 3
    spoken = 4
    told = "text"
    fields = [1]

    def run(self, other):
        self.changed = 5
        return self.wait_ms + self.changed + self.most + other.wait_ms, self.told, self.fields, self.spoken


class Other:
    most = 7

    def run(self):
        return self.most
'''


def test_only_what_stays_the_same_is_fixed():
    fixed = limits.fixed({"han.a": SOURCE, "han.b": "def look(gate):\n    return gate.told\n"}, ["x = 'spoken of'\n"])
    assert "wait_ms" not in fixed["han.a"] and "return 500 + self.changed" in fixed["han.a"].replace("(", "")
    assert "self.most" in fixed["han.a"] and "self.spoken" in fixed["han.a"] and "self.fields" in fixed["han.a"]
    assert "return 'text'" in fixed["han.b"]
    before, after = {}, {}
    exec(SOURCE, before)
    exec(fixed["han.a"], after)
    assert [space["Gate"]().run(type("G", (), {"wait_ms": 500})) for space in (before, after)] == [
        (1008, "text", [1], 4)
    ] * 2


def test_what_others_set_is_no_limit():
    for other in ("Gate.wait_ms = 3\n", "getattr(gate, 'wait_ms')\n", "Gate(wait_ms=3)\n"):
        assert "wait_ms = 500" in limits.fixed({"han.a": SOURCE}, [other])["han.a"]
