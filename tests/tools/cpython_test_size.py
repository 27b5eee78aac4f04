"""What `make size` knows of the image for the chip is so."""

from tools import size


def test_what_stays_is_a_module_of_its_own(monkeypatch, capsys):
    always = {module for module, _ in size.groups()["always"]}
    assert {"han/app", *size.KEPT} <= always
    monkeypatch.setattr(size, "KEPT", (*size.KEPT, "han/store/ring"))
    assert size.groups() is None
    assert capsys.readouterr().err.startswith("han/store/ring: kept, but no module of its own")
    assert size.image(details=False) is None
