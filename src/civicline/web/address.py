"""The browser's network address. The push process is the only peer and always sets the header itself."""

from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    forwarded = request.headers.get("X-Forwarded-For", "")
    return forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")
