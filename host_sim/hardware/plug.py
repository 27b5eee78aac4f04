"""The second UART of the simulated board, see firmware/plug.py: what it sends is appended to a file."""


class Plug:
    """Sends at once, and is always asked for telegrams."""

    def __init__(self, path):
        self._file = open(path, "ab")

    def asked(self):
        return True

    def idle(self):
        return True

    def write(self, data):
        """Send some bytes."""
        self._file.write(data)
        self._file.flush()

    def close(self):
        """Close the file."""
        self._file.close()
