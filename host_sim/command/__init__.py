"""What `python -m host_sim` does before the board runs: its options, what they name, the line that starts a board."""
