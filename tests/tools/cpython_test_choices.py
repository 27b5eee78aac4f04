"""What is chosen on the chip anyway is chosen when the image is made."""

from tools import choices

LOOPS = '"""Loops."""\ntry:\n    from .fast import copy, same\nexcept ImportError:\n    from .plain import copy, same\n'
SML = """from .loops import copy

try:
    from .sml_fast import walk
except ImportError:
    from .sml_plain import walk
"""
FAR = "from ..wire.loops import same\n\ntry:\n    from cryptolib import aes\nexcept ImportError:\n    aes = None\n"


def test_the_choosing_module_is_gone_and_nobody_misses_it():
    made = choices.made({"han.wire.loops": LOOPS, "han.wire.sml": SML, "han.meter.far": FAR})
    assert sorted(made) == ["han.meter.far", "han.wire.sml"]
    assert made["han.wire.sml"] == "from .fast import copy\nfrom .sml_fast import walk\n"
    assert made["han.meter.far"].startswith("from ..wire.fast import same\n")


def test_other_ways_out_of_a_missing_module_stay():
    assert "except ImportError" in choices.made({"han.meter.far": FAR})["han.meter.far"]
