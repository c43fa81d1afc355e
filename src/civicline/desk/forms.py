"""The wrap-up form."""

from __future__ import annotations

from django import forms

from civicline.core.in_call import OURS
from civicline.core.lifecycle import PassedOnFor


class TransferForm(forms.Form):
    contact = forms.RegexField(r"^[0-9a-f]{8,64}$")
    to = forms.RegexField(r"^(topic|queue|colleague|office):[a-z0-9._:-]{1,140}$")
    why = forms.ChoiceField(choices=lambda: [(why.value, why.value) for why in PassedOnFor if why not in OURS])
    note = forms.CharField(max_length=500, required=False)
    how = forms.ChoiceField(choices=[("ask", "ask"), ("now", "now")])


class PromiseForm(forms.Form):
    contact = forms.RegexField(r"^[0-9a-f]{8,64}$")
    slot = forms.IntegerField(min_value=0)


class WrapUpForm(forms.Form):
    contact = forms.RegexField(r"^[0-9a-f]{8,64}$")
    topic = forms.CharField(max_length=64)
    disposition = forms.CharField(max_length=64)
    resolved = forms.ChoiceField(choices=[("yes", "yes"), ("no", "no")])
