"""The sign-in form."""

from django import forms
from django.utils.translation import gettext_lazy as _


class SignInForm(forms.Form):
    username = forms.CharField(label=_("Staff name"), max_length=64)
    password = forms.CharField(label=_("Password"), max_length=1024, strip=False)
