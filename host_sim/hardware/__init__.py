"""The simulated chip: its loader, flash and network, and look-alikes of the port's modules for them."""
