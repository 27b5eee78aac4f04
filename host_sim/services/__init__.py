"""Servers for the simulated reader on this computer, with faults on demand."""
