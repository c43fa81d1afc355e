"""Words that several pages use for the same things."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from civicline.core.lifecycle import AgentState

AGENT_STATES: dict[AgentState, Promise] = {
    AgentState.SIGNED_OUT: _("Not at work"),
    AgentState.BREAK: _("On break"),
    AgentState.AVAILABLE: _("Available"),
    AgentState.OFFERED: _("A call is ringing"),
    AgentState.MISSED: _("Missed a call"),
    AgentState.TALKING: _("Talking"),
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
LANGUAGES = {
    "en": "English", "es": "Español", "fr": "Français", "zh": "中文", "cmn": "中文", "ht": "Kreyòl ayisyen",
    "vi": "Tiếng Việt", "ru": "Русский", "ko": "한국어",
}  # fmt: skip
"""Languages in their own words, as the people who speak them look for them."""
