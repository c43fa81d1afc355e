from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "civicline.contacts"
    verbose_name = "Contacts and agents, as the journal says they are"
