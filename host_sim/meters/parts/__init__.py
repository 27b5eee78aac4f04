"""What telegrams of several simulated meters are made of."""
