"""Staff names, which are also SIP users and so hold nothing that a SIP URI would have to escape (RFC 3261, 25.1)."""

from django.core.validators import RegexValidator

name_validator = RegexValidator(
    r"^[a-z][a-z0-9]*([._-][a-z0-9]+)*\Z",
    "A staff name has lower-case letters, digits and single dots, such as amara.okafor.",
)
