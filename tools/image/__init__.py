"""The parts of an image: one module each reads, checks and makes one part. The tools in tools/*.py use them."""
