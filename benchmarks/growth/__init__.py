"""The figures multiplied, and what every step takes of time and memory as they grow."""
