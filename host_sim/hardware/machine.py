"""What `import machine` gives boot.py on the simulated chip. Imports nothing: what boot.py leaves behind holds it."""


class ChipReset(BaseException):
    """machine.reset(): nothing after it runs, and no `except Exception` sees it."""


class Machine:
    """The module. path: a folder for what outlives or watches this process; None: the object has it."""

    PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5

    def __init__(self, cause, memory=b"", path=None):
        self.rtc_memory = memory
        self.watchdog = None  # its time, ms, once it runs
        self._cause = cause
        self._path = path

    def reset_cause(self):
        """Why the chip has started."""
        return self._cause

    def reset(self):
        """Start again."""
        raise ChipReset()

    def RTC(self):
        """The real-time clock, for its memory."""
        return self

    def memory(self, data=None):
        """Read, or with `data` write what outlives all but a loss of power."""
        if data is None:
            return self.rtc_memory
        if len(data) > 2048:
            raise ValueError("buffer too long")
        self.rtc_memory = bytes(data)
        if self._path:
            with open(self._path + "/rtc.bin", "wb") as file:
                file.write(data)

    def WDT(self, id=0, timeout=5000):
        """Start the watchdog, or give it another time."""
        self.watchdog = timeout
        if self._path:
            with open(self._path + "/watchdog", "w") as file:
                file.write(str(timeout))
        return self
