"""What the firmware takes of memory and time."""
