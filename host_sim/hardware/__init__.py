"""The simulated chip: its loader, flash, network and what the port's modules show of them."""
