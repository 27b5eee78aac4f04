"""Makes pytest run the same plain test files as tests/run.py."""

import gc
import inspect
import os
import pathlib
import sys

import pytest

# esptool reads it when it is imported
os.environ["ESPTOOL_CFGFILE"] = str(pathlib.Path(__file__).parent / "tools" / "esptool.cfg")

from staging import keyring
from tests import owntime
from tests.ota import images

PAGE = pathlib.Path(__file__).parent / "page"

sys.dont_write_bytecode = False  # as the application imports some modules again and again
keyring.write_module()  # which the application imports
images.write()


def pytest_collection_modifyitems(items):
    """Run the page's tests last: their shared browser keeps an event loop open in this thread."""
    items.sort(key=lambda item: item.path.parent == PAGE)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Run each async test in a loop of its own, as on MicroPython."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    owntime.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.fixture(autouse=True, scope="module")
def _memory():
    """Freeze the objects of pytest, its libraries and earlier tests, so that collections in a test skip them."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _modules():
    """What the application releases in a test is there again for the next, whose names are of the module as it was."""
    before = {name: module for name, module in sys.modules.items() if name.startswith(("han.", "microdot"))}
    yield
    sys.modules.update(before)
