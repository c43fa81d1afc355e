"""The wrap-up form."""

from __future__ import annotations

from django import forms


class WrapUpForm(forms.Form):
    contact = forms.RegexField(r"^[0-9a-f]{8,64}$")
    topic = forms.CharField(max_length=64)
    disposition = forms.CharField(max_length=64)
    resolved = forms.ChoiceField(choices=[("yes", "yes"), ("no", "no")])
