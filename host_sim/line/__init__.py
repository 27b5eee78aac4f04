"""The line from a meter, a recording or a serial device to the simulated UART."""
