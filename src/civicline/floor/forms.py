"""The form of an urgent message: typed in every language of the agency, or one of the pack's messages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from civicline.core.agency import Agency
from civicline.web.agency import said
from civicline.web.words import LANGUAGES

LONGEST_TEXT = 400
"""About half a minute of speech."""
HOUR_S = 3600
LASTS = [
    (str(HOUR_S // 2), _("30 minutes")),
    (str(HOUR_S), _("1 hour")),
    (str(2 * HOUR_S), _("2 hours")),
    (str(4 * HOUR_S), _("4 hours")),
    (str(12 * HOUR_S), _("12 hours")),
    (str(24 * HOUR_S), _("1 day")),
    (str(7 * 24 * HOUR_S), _("7 days")),
]


class UrgentForm(forms.Form):
    menu = forms.ChoiceField(label=_("Before which menu"))
    message = forms.ChoiceField(label=_("A message that is ready"), required=False)
    lasts = forms.ChoiceField(label=_("For how long"), choices=LASTS, initial=str(HOUR_S))

    def __init__(self, agency: Agency, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.languages = agency.languages
        self.fields["menu"].choices = [(id_, menu_name(agency, id_)) for id_ in agency.menus]  # type: ignore[attr-defined]
        ready = sorted((said(each.label), id_) for id_, each in agency.messages.items())
        none = [("", _("None: say what is written below"))]
        self.fields["message"].choices = none + [(id_, label) for label, id_ in ready]  # type: ignore[attr-defined]
        for language in agency.languages:
            name = LANGUAGES.get(language, language)
            widget = forms.Textarea(attrs={"rows": 3, "lang": language, "maxlength": LONGEST_TEXT})
            self.fields[f"text_{language}"] = forms.CharField(
                label=name, max_length=LONGEST_TEXT, required=False, widget=widget
            )
        self._style()

    def _style(self) -> None:
        for field in self.fields.values():
            text = isinstance(field.widget, forms.Textarea)
            field.widget.attrs["class"] = "usa-textarea" if text else "usa-select"

    @property
    def texts(self) -> dict[str, str]:
        found = {language: self.cleaned_data.get(f"text_{language}", "").strip() for language in self.languages}
        return {language: text for language, text in found.items() if text}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        typed = self.texts
        if typed and data.get("message"):
            self.add_error("message", _("Choose a message that is ready, or write one, not both."))
        elif typed:
            for language in self.languages:
                if language not in typed:
                    self.add_error(f"text_{language}", _("Write it in this language, too."))
        elif not data.get("message"):
            self.add_error("message", _("Choose a message that is ready, or write one."))
        return data


def menu_name(agency: Agency, menu: str) -> str:
    """A menu by its label, and the lines that begin with it."""
    found = agency.menus.get(menu)
    lines = ", ".join(line.name for line in agency.lines.values() if menu in (line.menu, line.closed_menu))
    label = said(found.label) if found is not None and found.label else menu
    return f"{label[:1].upper()}{label[1:]} ({lines})" if lines else f"{label[:1].upper()}{label[1:]}"
