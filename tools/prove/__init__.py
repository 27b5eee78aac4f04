"""Long proofs: years, bad walls, power cuts, garbage."""
