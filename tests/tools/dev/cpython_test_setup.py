"""make setup, on a project that needs nothing."""

import shutil
import subprocess
import sys

from staging import stage


def start(folder):
    line = [sys.executable, "tools/dev/setup.py"]
    return subprocess.Popen(line, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_two_may_set_up_a_fresh_clone_at_once(tmp_path):
    (tmp_path / "tools" / "dev").mkdir(parents=True)
    shutil.copy(stage.ROOT / "tools" / "dev" / "setup.py", tmp_path / "tools" / "dev")
    (tmp_path / "requirements.txt").touch()
    ended = [(process.communicate()[0], process.returncode) for process in [start(tmp_path) for _ in range(2)]]
    assert [status for _, status in ended] == [0, 0], ended
    assert sorted(said for said, _ in ended)[0] == "" and "installing" in sorted(said for said, _ in ended)[1]
    # A venv whose Python is no longer there is made again.
    (tmp_path / ".venv" / "bin" / "python").unlink()
    process = start(tmp_path)
    assert "installing" in process.communicate()[0] and process.returncode == 0
    assert (tmp_path / ".venv" / "stamp").exists()
