"""The simulated chip: its loader, flash and cable, and look-alikes of the port's modules for them."""
