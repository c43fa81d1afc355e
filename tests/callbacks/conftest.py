"""Fixtures."""

from web.fixtures import chromium, context, site  # noqa: F401
