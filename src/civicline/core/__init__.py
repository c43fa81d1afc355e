"""The contact centre's rules: pure, typed, without a clock and without I/O.

`decide.react` turns what happened into facts, `evolve.evolve` folds a fact into the state; nothing else changes it.
"""

VERSION = 13
"""Raised when the shape of the state changes; a snapshot of another version is not used."""
