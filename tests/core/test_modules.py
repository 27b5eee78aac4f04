"""Modules that come and go."""

import sys

from han.core.modules import Modules, release
from tests.support import raises

REASON = "han.net.reason"


def test_all_users_have_one_copy_and_the_last_gives_it_back():
    modules = Modules()
    first = modules.take(REASON)
    assert modules.take(REASON) is first
    modules.give(REASON)
    assert sys.modules[REASON] is first
    modules.give(REASON)
    assert REASON not in sys.modules


def test_a_call_holds_its_module_no_longer_than_it_takes():
    modules = Modules()
    assert "password" in modules.call(REASON, "reason", 202)
    assert REASON not in sys.modules


def test_a_module_that_is_not_there_leaves_nothing():
    modules = Modules()
    with raises(ImportError):
        modules.take("han.api.nothing")
    with raises(ImportError):
        modules.take("han.api.nothing")


def test_native_code_is_loaded_only_once():
    kept = "han.wire.made_up_fast"
    sys.modules[kept] = kept
    try:
        release(kept)
        assert sys.modules[kept] is kept
    finally:
        del sys.modules[kept]
