"""The viper loops against their twins in words of 32 bits, as on the chip."""

import importlib
import pathlib
import sys

import pytest

from tests.wire import viper32

LIB = pathlib.Path(__file__).resolve().parents[2] / "lib" / "han"
MODULES = (
    "wire.fast", "wire.layers.frames_fast", "wire.layers.gcm_fast", "wire.layers.headers_fast", "wire.rows.lines_fast",
    "wire.texts_fast", "wire.rows.sml_fast", "wire.rows.step_fast", "wire.rows.walk_fast", "meter.said_fast",
    "meter.fill_fast", "meter.besides.more_fast", "ota.slot.fold_fast",
)  # fmt: skip
TESTS = "tests.wire.test_twins", "tests.wire.test_twins_frames", "tests.wire.test_twins_said"
# Which of two twins there is has to be chosen before.
CHOOSERS = (
    "meter.said", "meter.fill", "wire.layers.frames", "ota.slot.image", "wire.rows.lines", "wire.loops",
    "wire.rows.walk", "wire.texts",
)  # fmt: skip


@pytest.fixture(scope="module")
def twins():
    """The tests of twins, which find these modules where they look for viper's."""
    for chooser in CHOOSERS:
        importlib.import_module("han." + chooser)
    kept = {}
    for name in MODULES:
        package, _, module = ("han." + name).rpartition(".")
        kept[package + "." + module] = sys.modules.get(package + "." + module)
        viper32.load(LIB / (name.replace(".", "/") + ".py"), package, module)
    for name in TESTS:
        kept[name] = sys.modules.pop(name, None)
    yield [importlib.import_module(name) for name in TESTS]
    for name, module in kept.items():
        sys.modules.pop(name, None)
        package, _, attribute = name.rpartition(".")
        if hasattr(sys.modules.get(package), attribute):
            delattr(sys.modules[package], attribute)
        if module:
            sys.modules[name] = module


def test_a_word_wraps():
    assert viper32.wrap(0x7FFFFFFF + 1) == -0x80000000 and viper32.wrap(-1) == -1 and viper32.wrap(5) == 5


def test_all_loops_in_words_of_32_bits(twins):
    tests = [value for one in twins for name, value in sorted(vars(one).items()) if name.startswith("test_")]
    assert len(tests) > 12
    for test in tests:
        test()
