"""The module that `import machine` gives boot.py on the simulated chip.

It imports nothing, because BOOT of boot.py keeps it in memory.
"""


class ChipReset(BaseException):
    """machine.reset() was called. It is no Exception, so that no handler of the application catches it."""


class Machine:
    """The module.

    cause   what reset_cause() returns
    memory  contents of the RTC memory
    path    folder for the files of the RTC memory and the watchdog; None: keep them in this object
    """

    PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5

    def __init__(self, cause, memory=b"", path=None):
        self.rtc_memory = memory
        self.watchdog = None  # time-out of the watchdog, ms; None until it runs
        self._cause = cause
        self._path = path

    def reset_cause(self):
        """Why the chip has started, one of the constants above."""
        return self._cause

    def reset(self):
        """Restart the chip: raises ChipReset."""
        raise ChipReset()

    def RTC(self):
        """The real-time clock; only its memory() exists."""
        return self

    def memory(self, data=None):
        """Read the RTC memory, or write `data` to it. It survives every reset but a loss of power.

        ValueError if data has more than 2048 bytes.
        """
        if data is None:
            return self.rtc_memory
        if len(data) > 2048:
            raise ValueError("buffer too long")
        self.rtc_memory = bytes(data)
        if self._path:
            with open(self._path + "/rtc.bin", "wb") as file:
                file.write(data)

    def WDT(self, id=0, timeout=5000):
        """Start the watchdog, or change its time-out (ms)."""
        self.watchdog = timeout
        if self._path:
            with open(self._path + "/watchdog", "w") as file:
                file.write(str(timeout))
        return self
