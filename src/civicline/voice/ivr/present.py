"""The step that a caller is at: the survey's, or else the menu's."""

from __future__ import annotations

from civicline.core.agency import Agency
from civicline.core.model import Contact
from civicline.voice.ivr import steps
from civicline.voice.ivr.steps import Step
from civicline.voice.ivr.survey import survey_step


def step_of(contact: Contact, agency: Agency) -> Step | None:
    """The present step; None while a representative has the caller, or when it is over."""
    return survey_step(contact, agency) or steps.step_of(contact, agency)
