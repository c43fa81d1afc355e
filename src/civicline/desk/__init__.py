"""The representative's page."""
