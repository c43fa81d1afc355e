"""Django's settings, made from `civicline.settings`."""

from civicline import settings as _settings
from civicline.database.urls import django_database

_env = _settings.load()
SECRET_KEY = "replaced-by-the-web-app"  # noqa: S105
INSTALLED_APPS = ["civicline.journal"]
DATABASES = {"default": django_database(_env)}
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
