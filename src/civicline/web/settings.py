"""Django's settings, made from `civicline.settings`."""

import os
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from civicline import settings as _settings
from civicline.database.urls import django_database
from civicline.web import assets as _assets
from civicline.web.secret import when_needed

_env = _settings.load()
_here = Path(__file__).parent
_hour_s = 3600

SECRET_KEY = when_needed(_env.keyset)
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", _env.http.host]
ALLOWED_HOSTS += [host for host in os.environ.get("CIVICLINE_HOSTS", "").split(",") if host]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "civicline.journal",
    "civicline.people",
    "civicline.contacts",
    "civicline.sealed",
    "civicline.recordings",
    "civicline.agency",
    "civicline.phones",
    "civicline.desk",
    "civicline.floor",
    "civicline.callbacks",
    "civicline.web",
]
MIDDLEWARE = [
    "civicline.web.middleware.cookies",
    "django.middleware.security.SecurityMiddleware",
    "civicline.web.middleware.content_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "civicline.people.access.Gate",
]
ROOT_URLCONF = "civicline.web.urls"
WSGI_APPLICATION = "civicline.web.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "civicline.web.context.page",
            ],
        },
    }
]

DATABASES = {"default": django_database(_env)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "people.Staff"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/sign-in"
SESSION_ENGINE = "civicline.web.sessions"
SESSION_COOKIE_NAME = "civicline_session"
SESSION_COOKIE_AGE = 12 * _hour_s
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "civicline_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"

# Only the push process reaches this one, over a Unix socket that others cannot open, and it always sets the header.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * _hour_s
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish"))]
LANGUAGE_COOKIE_NAME = "civicline_language"
LANGUAGE_COOKIE_AGE = 365 * 24 * _hour_s
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LOCALE_PATHS = [_here / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = f"/static/{_assets.version()}/"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "django.request": {"level": "ERROR"},
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
}
