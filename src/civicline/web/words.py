"""Words that several pages use for the same things."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from civicline.core.lifecycle import AgentState, PassedOnFor, Unreached

AGENT_STATES: dict[AgentState, Promise] = {
    AgentState.SIGNED_OUT: _("Not at work"),
    AgentState.BREAK: _("On break"),
    AgentState.AVAILABLE: _("Available"),
    AgentState.OFFERED: _("A call is ringing"),
    AgentState.MISSED: _("Missed a call"),
    AgentState.TALKING: _("Talking"),
    AgentState.CONSULTED: _("Asked by a colleague"),
    AgentState.WRAP_UP: _("Wrap-up"),
}
REASONS: dict[str, Promise] = {
    "no_answer": _("no answer"),
    "busy": _("busy"),
    "declined": _("declined"),
    "unreachable": _("unreachable"),
    "wrap-up ran out": _("wrap-up time ran out"),
}
"""Reasons that the rules give; others are in the representative's own words."""
UNREACHED: dict[Unreached, Promise] = {
    Unreached.NO_ANSWER: _("no answer"),
    Unreached.BUSY: _("busy"),
    Unreached.DECLINED: _("declined"),
    Unreached.UNREACHABLE: _("unreachable"),
    Unreached.NOT_PRESSED: _("nobody pressed 1"),
    Unreached.HUNG_UP: _("hung up before pressing 1"),
    Unreached.LOST: _("the line was lost"),
}
"""Why an attempt to ring somebody back failed."""
PASSED_ON_FOR: dict[PassedOnFor, Promise] = {
    PassedOnFor.OTHER_TOPIC: _("it is about another topic"),
    PassedOnFor.EXPERT: _("an expert is needed"),
    PassedOnFor.LANGUAGE: _("another language is needed"),
    PassedOnFor.CALLER_ASKED: _("the caller asked for it"),
    PassedOnFor.OTHER: _("another reason"),
    PassedOnFor.CONSULTED: _("after asking you"),
    PassedOnFor.PHONE_LEFT: _("their phone hung up while the caller was on hold"),
    PassedOnFor.OFFICE_MISSED: _("the other office did not answer"),
}
LANGUAGES = {
    "en": "English", "es": "Español", "fr": "Français", "zh": "中文", "cmn": "中文", "ht": "Kreyòl ayisyen",
    "vi": "Tiếng Việt", "ru": "Русский", "ko": "한국어",
}  # fmt: skip
"""Languages in their own words, as the people who speak them look for them."""
