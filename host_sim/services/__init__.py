"""Servers of the house's network on this computer, with faults on demand."""
