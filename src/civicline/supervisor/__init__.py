"""The supervisor: starts everything, keeps it running, stops it in order."""
