"""The simulated board: the application on a desktop, under CPython and under MicroPython's unix port."""
