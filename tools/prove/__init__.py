"""Long-running proofs: whole years, disturbed lines and networks, power cuts, damaged data."""
