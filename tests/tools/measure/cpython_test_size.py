"""What `make size` and `make test` know of the modules for the chips."""

from staging import stage
from tools.measure import size


def test_all_modules_compile_for_every_chip(capsys):
    found = size.modules()
    assert {"board", "han/app", "han/wire/fast", "microdot/microdot"} <= set(found)
    assert not [module for module in found if module.endswith(size.TWINS)]
    size.packages(found)
    said = capsys.readouterr().out
    assert "  han/wire " in said and "  microdot " in said


def test_one_that_does_not_compile_is_named(monkeypatch, tmp_path, capsys):
    broken = tmp_path / "broken.py"
    broken.write_text("def f(:\n")
    monkeypatch.setattr(stage, "BUILD", tmp_path / "build")
    monkeypatch.setattr(stage, "sources", lambda: {stage.pathlib.Path("broken.py"): broken})
    assert size.modules() is None and size.main() == 1
    said = capsys.readouterr().err
    for arch in stage.CHIP, stage.RISCV:
        assert "%s, %s: " % (arch, broken) in said and "SyntaxError" in said
