"""Answers to requests that were not parsed and are not remembered (RFC 3261 section 8.2.7: a stateless server).

They cost one pass of a regular expression. Their To tag is `TAG`, so that an ACK to one can be dropped.
"""

from __future__ import annotations

import re

from civicline.voice.sip.api import Address

TAG = "shed"
ACK_MARK = f";tag={TAG}"
ECHOED = re.compile(r"^(?:(via|v)|(to|t)|(?:from|f|call-id|i|cseq))[ \t]*:(?:[^\n]*(?:\n[ \t][^\n]*)*)", re.I | re.M)
CALL_ID = re.compile(r"^(?:call-id|i)[ \t]*:(?:[ \t]|\r?\n[ \t])*([^\r\n]*)", re.I | re.M)
OTHERS_TAGS = re.compile(r'"[^"]*"|<[^<>]*>')  # a To's name and URI may hold what looks like its tag
SENT_BY = re.compile(r"^(?:via|v)[ \t]*:[ \t]*SIP/2\.0/\w+[ \t]+[^\s;,:]+(?::(\d{1,5}))?([^\r\n,]*)", re.I | re.M)
NEEDED = frozenset({"via", "from", "to", "call-id", "cseq"})
LONG = {"v": "via", "f": "from", "t": "to", "i": "call-id"}
PORT = 5060


def answer(request: str, source: Address, code: int, reason: str, *headers: str) -> str | None:
    """The response; None where the request lacks a header that every response repeats."""
    lines, names = [], set()
    for found in ECHOED.finditer(_head(request)):
        line = found[0].rstrip("\r")
        name = line.partition(":")[0].strip().lower()
        first_via = found[1] is not None and "via" not in names
        names.add(LONG.get(name, name))
        if found[2] and ";tag=" not in line.lower():
            line += ACK_MARK
        lines.append(_received(line, source) if first_via else line)
    if not names >= NEEDED:
        return None
    return "\r\n".join([f"SIP/2.0 {code} {reason}", *lines, *headers, "Content-Length: 0"]) + "\r\n\r\n"


def way_back(request: str, source: Address) -> Address:
    """Where the response goes: always to the host it came from (RFC 3261 section 18.2.2, RFC 3581)."""
    found = SENT_BY.search(request)
    if found is None or ";rport" in found[2].lower():
        return source
    port = int(found[1] or PORT)
    return (source[0], port if 0 < port < 65536 else PORT)


def call_id(message: str) -> str:
    found = CALL_ID.search(message)
    return found[1].strip() if found else ""


def has_to_tag(request: str) -> bool:
    to = next((found[0] for found in ECHOED.finditer(_head(request)) if found[2]), "")
    return ";tag=" in "".join(OTHERS_TAGS.sub("", to).lower().split())


def _received(via: str, source: Address) -> str:
    """The first Via with the address that the request came from, as a proxy on the way back needs it."""
    if "," in via:
        return via
    bare = re.sub(r";\s*(?:received\s*=[^;,\s]*|rport(?:\s*=\s*\d*)?)(?=[;\s,]|$)", "", via, flags=re.I).rstrip()
    port = f";rport={source[1]}" if ";rport" in via.lower() else ""
    return f"{bare};received={source[0]}{port}"


def _head(message: str) -> str:
    end = message.find("\r\n\r\n")
    return message if end < 0 else message[:end]
