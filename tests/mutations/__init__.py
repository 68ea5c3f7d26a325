"""Damaged releases for the release gate: made from the shipped figures, judged in one process, counted by kind."""
