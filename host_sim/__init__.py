"""The simulated board: it runs the application on a desktop, under CPython and under MicroPython's unix port."""
