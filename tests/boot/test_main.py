"""The unmodified main.py: it runs the application, or restarts the chip and keeps the reason."""

import sys

from tests.boot.slots import ROOT

with open(ROOT + "/main.py") as file:
    CODE = compile(file.read(), "main.py", "exec")


class Restart(BaseException):
    pass


class Chip:
    """Everything that main.py imports. fails: steps that raise, or modules that cannot be imported."""

    unfit = False  # the board finds that the image cannot run on it

    def __init__(self, *fails, error=None):
        self.fails = fails
        self.error = error or ValueError("a bug")
        self.log = []

    def step(self, name):
        self.log.append(name)
        if name in self.fails:
            raise self.error

    def module(self, **attributes):
        module = type("Module", (), {})()
        for name, value in attributes.items():
            setattr(module, name, value)
        return module

    def application(self, name):
        chip = self

        class App:
            def __init__(self, board):
                chip.step(name)

            async def run(self):
                chip.step("run")

        return App

    def run(self, safe=False, boots=1):
        chip = self

        class Board:
            def __init__(self, boot):
                chip.step("board")
                chip.boot = boot
                if chip.unfit:
                    boot["safe"] = True

            def died(self, error):
                chip.step("died of " + type(error).__name__)

            def heap(self):
                return 114688, 65536, 65536

            def reset(self, reason):
                chip.log.append(reason)
                raise Restart()

        def reset():
            chip.log.append("machine.reset")
            raise Restart()

        stand_ins = {
            "gc": self.module(threshold=lambda n: None, collect=lambda: None, mem_free=lambda: 65536),
            "board": self.module(Board=Board),
            "han.app": self.module(App=self.application("app")),
            "han.safe": self.module(App=self.application("safe")),
            "machine": self.module(reset=reset, WDT=lambda timeout: chip.log.append(timeout)),
            "time": self.module(sleep=lambda seconds: chip.log.append(seconds)),
        }
        for name in self.fails:
            if name in stand_ins:
                stand_ins[name] = None if sys.implementation.name == "cpython" else self.module()
        before = {name: sys.modules.get(name) for name in stand_ins}
        told = getattr(sys, "print_exception", None)
        sys.modules.update(stand_ins)
        try:
            if not told:
                sys.print_exception = lambda error: None
            exec(CODE, {"__name__": "__main__", "BOOT": {"safe": safe, "boots": boots}})
        except Restart:
            pass
        finally:
            if not told:
                del sys.print_exception
            for name, module in before.items():
                if module is None:
                    sys.modules.pop(name, None)
                else:
                    sys.modules[name] = module
        return self.log


def test_board_application_run():
    chip = Chip()
    assert chip.run() == ["board", "app", "run"] and chip.boot == {"safe": False, "boots": 1}


def test_safe_mode_runs_another():
    assert Chip().run(safe=True) == ["board", "safe", "run"]
    chip = Chip()
    chip.unfit = True
    assert chip.run() == ["board", "safe", "run"]


def test_what_the_application_raises_restarts_the_chip_with_the_reason():
    assert Chip("run", error=MemoryError()).run() == ["board", "app", "run", "CRASH"]


def test_what_keeps_it_from_being_made_is_kept_for_the_next_start():
    assert Chip("app").run() == ["board", "app", "died of ValueError", "CRASH"]
    assert Chip("safe").run(safe=True) == ["board", "safe", "died of ValueError", "CRASH"]
    how = "ModuleNotFoundError" if sys.implementation.name == "cpython" else "ImportError"
    assert Chip("han.app").run() == ["board", "died of " + how, "CRASH"]
    # It restarts even without memory to keep the reason.
    chip = Chip("app", "died of MemoryError", error=MemoryError())
    assert chip.run() == ["board", "app", "died of MemoryError", "CRASH"]


def test_starts_in_vain_one_after_the_other_wear_the_flash_slowly():
    assert Chip("run").run(boots=4) == ["board", "app", "run", "CRASH"]
    assert Chip("run").run(safe=True, boots=5) == ["board", "safe", "run", 30, "CRASH"]
    assert Chip("han.app").run(boots=200)[2:] == [30, "CRASH"]


def test_without_a_board_the_slots_are_looked_at_again_after_a_while():
    assert Chip("board").run() == [60, "machine.reset"]


def test_ctrl_c_gives_the_repl():
    chip = Chip("run", error=KeyboardInterrupt())
    try:
        chip.run()
        raise AssertionError("it was kept")
    except KeyboardInterrupt:
        pass
    # The watchdog cannot be stopped, so it gets a long time-out for the user at the console.
    assert chip.log == ["board", "app", "run", 3600000]
