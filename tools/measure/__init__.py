"""Measurements: how much memory and time the firmware takes."""
