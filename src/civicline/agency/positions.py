"""How far positions in line are told as a number."""

POSITIONS = 30
"""Further back, `position_far` is said."""
