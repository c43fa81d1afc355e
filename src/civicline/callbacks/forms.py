"""The two forms: what it is about, and when and where we call."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from civicline.callbacks import queries, words
from civicline.callbacks.queries import Slot
from civicline.core.agency import Agency
from civicline.voice.dialable import Refusal, looked_at
from civicline.web.agency import said
from civicline.web.words import LANGUAGES


class TopicForm(forms.Form):
    topic = forms.ChoiceField(
        label=_("What is it about?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what it is about."), "invalid_choice": _("Choose what it is about.")},
    )
    language = forms.ChoiceField(
        label=_("In which language shall we speak?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a language."), "invalid_choice": _("Choose a language.")},
    )

    def __init__(self, agency: Agency, *given: Any, **more: Any) -> None:
        spoken = [(code, LANGUAGES.get(code, code)) for code in agency.languages]
        here = get_language() or ""
        more.setdefault("initial", {"language": here if here in agency.languages else agency.languages[0]})
        super().__init__(*given, **more)
        labels = [(topic.id, said(topic.label)) for topic in queries.topics(agency)]
        self.fields["topic"].choices = [(id_, label[:1].upper() + label[1:]) for id_, label in labels]  # type: ignore[attr-defined]
        self.fields["language"].choices = spoken  # type: ignore[attr-defined]


class TimeForm(forms.Form):
    """Of one day. Without a number to be asked for, when a promise is changed."""

    slot = forms.TypedChoiceField(
        label=_("Time"),
        widget=forms.RadioSelect,
        coerce=int,
        error_messages={"required": _("Choose a time."), "invalid_choice": words.TAKEN},
    )
    number = forms.CharField(
        label=_("Your telephone number"),
        max_length=40,
        error_messages={"required": _("Write the number at which we reach you, with the area code.")},
    )

    def __init__(self, agency: Agency, slots: list[Slot], asks_number: bool, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.agency = agency
        self.fields["slot"].choices = [(str(slot.value), slot.label) for slot in slots]  # type: ignore[attr-defined]
        if not asks_number:
            del self.fields["number"]

    def clean_number(self) -> str:
        """In E.164."""
        found = looked_at(self.agency, self.cleaned_data["number"])
        if isinstance(found, Refusal):
            raise forms.ValidationError(str(words.NUMBER[found]))
        return found
