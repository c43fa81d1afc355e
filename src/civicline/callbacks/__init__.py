"""Callbacks at a time that a person chooses on the public page."""
