"""Superset's settings. Everything that differs from place to place comes from the environment.

Superset loads this file through SUPERSET_CONFIG_PATH; module names in capitals are settings.
"""

import os
import sys
from pathlib import Path
from urllib.parse import quote

from flask import Flask, Response, redirect, request, session
from sqlalchemy import false
from sqlalchemy.engine.url import URL, make_url
from sqlalchemy.orm import Query

# Superset loads this file alone; its neighbours are ours, too.
sys.path.append(str(Path(__file__).parent))
from no_free_sql import SipasSecurityManager


def _required(name: str) -> str:
    """Return an environment variable; name it when it is missing or empty."""
    value = os.environ.get(name, "")
    if not value:
        raise SystemExit(f"superset_config: thiếu biến môi trường {name}")
    return value


SECRET_KEY = _required("SUPERSET_SECRET_KEY")
SQLALCHEMY_DATABASE_URI = _required("SIPAS_SUPERSET_METADATA_URL")
_BI_URL = make_url(_required("SIPAS_BI_DATABASE_URL"))


def _place(url: URL) -> tuple[object, ...]:
    return (url.username, url.host, url.port or 5432, url.database)


def SQLALCHEMY_CUSTOM_PASSWORD_STORE(url: URL) -> str | None:
    """Give the warehouse's password to the warehouse's address and to no other.

    Keeps the password out of the YAML files and out of Superset's metadata.
    """
    return _BI_URL.password if _place(url) == _place(_BI_URL) else url.password


# --- Vietnamese ---------------------------------------------------------------------------
BABEL_DEFAULT_LOCALE = "vi"
LANGUAGES = {
    "vi": {"flag": "vn", "name": "Tiếng Việt"},
    "en": {"flag": "us", "name": "English"},
}
# 98,5 % is written with a space in Vietnamese.
D3_FORMAT = {
    "decimal": ",",
    "thousands": ".",
    "grouping": [3],
    "currency": ["", " ₫"],
    "percent": "\u00a0%",
}
_MONTHS = range(1, 13)
D3_TIME_FORMAT = {
    "dateTime": "%H:%M:%S %d/%m/%Y",
    "date": "%d/%m/%Y",
    "time": "%H:%M:%S",
    "periods": ["SA", "CH"],
    "days": ["Chủ nhật", "Thứ hai", "Thứ ba", "Thứ tư", "Thứ năm", "Thứ sáu", "Thứ bảy"],
    "shortDays": ["CN", "T2", "T3", "T4", "T5", "T6", "T7"],
    "months": [f"tháng {month}" for month in _MONTHS],
    "shortMonths": [f"thg {month}" for month in _MONTHS],
}

# Superset's own words, then ours: the server reads messages.mo, the browser messages.json.
_WORDS = Path(__file__).parent / "translations"
BABEL_TRANSLATION_DIRECTORIES = f"translations;{_WORDS}"
_PACK_FILE = _WORDS / "vi" / "LC_MESSAGES" / "messages.json"


def _serve_vietnamese_pack() -> Response | None:
    """Answer the browser's request for the Vietnamese pack, which Superset does not ship."""
    if request.path.rstrip("/").endswith("/superset/language_pack/vi"):
        return Response(_PACK_FILE.read_bytes(), mimetype="application/json")
    return None


def _drop_events_of_strangers() -> Response | None:
    """Answer the usage events that the login page sends, without touching the session.

    Superset refuses them with a message in a new anonymous session. When that answer comes after
    the one to the login, which is sent at the same moment, its cookie undoes the login.
    """
    if request.path.rstrip("/") == "/superset/log" and "_user_id" not in session:
        return Response(status=204)
    return None


def _open_first_dashboard() -> Response | None:
    """Lead a reader to a dashboard at once: Superset's start page lists work that readers lack."""
    if request.path.rstrip("/") != "/superset/welcome" or "_user_id" not in session:
        return None
    from superset.daos.dashboard import DashboardDAO

    from superset import security_manager

    if security_manager.is_admin():
        return None
    slugs = sorted(dashboard.slug for dashboard in DashboardDAO.find_all() if dashboard.slug)
    first = "tong-quan" if "tong-quan" in slugs else next(iter(slugs), None)
    return redirect(f"/superset/dashboard/{first}/" if first else "/dashboard/list/")


_ERRORS = {
    403: ("Không được phép", "Tài khoản của bạn không được mở trang này."),
    404: ("Không tìm thấy trang", "Địa chỉ không đúng, hoặc trang không dành cho bạn."),
    500: ("Có lỗi xảy ra", "Hãy thử lại sau; nếu vẫn lỗi, hãy báo người quản trị."),
}


def _say_errors_in_vietnamese(response: Response) -> Response:
    """Put our words in the place of Superset's English error pages; programs get what they got."""
    wanted = request.accept_mimetypes
    if response.status_code not in _ERRORS or wanted["text/html"] <= wanted["application/json"]:
        return response
    title, text = _ERRORS[response.status_code]
    page = (
        f"<!doctype html><html lang='vi'><meta charset='utf-8'><title>{title}</title>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        "<body style='font-family: Inter, \"Noto Sans\", sans-serif; margin: 15vh 8vw'>"
        f"<h1>{title}</h1><p>{text}</p><p><a href='/'>Về trang đầu</a></p>"
    )
    return Response(page, status=response.status_code, mimetype="text/html")


def FLASK_APP_MUTATOR(app: Flask) -> None:
    """Add what Superset has no setting for: our words, a login that lasts, a start page."""
    app.after_request(_say_errors_in_vietnamese)
    app.before_request(_serve_vietnamese_pack)
    app.before_request(_drop_events_of_strangers)
    app.before_request(_open_first_dashboard)


# --- Look ---------------------------------------------------------------------------------
APP_NAME = "SIPAS"
LOGO_TARGET_PATH = "/superset/welcome/"
LOGO_TOOLTIP = "Về trang đầu"
# A word mark of our own, inside the page: no outside host, no file to install.
_LOGO = "data:image/svg+xml," + quote(
    "<svg xmlns='http://www.w3.org/2000/svg' width='96' height='24'>"
    "<rect width='24' height='24' rx='4' fill='#1f5f7a'/>"
    "<path d='M6 17V13M12 17V9M18 17V6' stroke='#fff' stroke-width='3'/>"
    "<text x='32' y='19' font-family='sans-serif' font-size='19' font-weight='700' "
    "fill='#1f5f7a'>SIPAS</text></svg>"
)
APP_ICON = _LOGO
THEME_DEFAULT = {
    "token": {
        "brandAppName": APP_NAME,
        "brandLogoAlt": APP_NAME,
        "brandLogoUrl": _LOGO,
        "brandLogoHeight": "24px",
        "brandLogoMargin": "14px 0",
        "brandLogoHref": LOGO_TARGET_PATH,
        "colorPrimary": "#1f5f7a",
        "colorLink": "#1f5f7a",
        "colorError": "#b3382c",
        "colorWarning": "#b7791f",
        "colorSuccess": "#2f7d5b",
        "colorInfo": "#1f5f7a",
        "fontUrls": [],
        "fontFamily": "Inter, 'Noto Sans', Helvetica, Arial, sans-serif",
    },
    "algorithm": "default",
}
THEME_DARK = None
ENABLE_UI_THEME_ADMINISTRATION = False
THEME_FONT_URL_ALLOWED_DOMAINS: list[str] = []

# One meaning a colour, and pairs that the colour-blind tell apart (after Okabe and Ito).
EXTRA_CATEGORICAL_COLOR_SCHEMES = [
    {
        "id": "sipas",
        "description": "SIPAS",
        "label": "SIPAS",
        "isDefault": True,
        "colors": ["#2f7894", "#c77d1a", "#5b6770", "#009e73", "#8a5a9e", "#d0b13a", "#8fb8c9"],
    }
]
EXTRA_SEQUENTIAL_COLOR_SCHEMES = [
    {
        "id": "sipas_sequential",
        "description": "SIPAS: thấp cam, cao xanh",
        "label": "SIPAS",
        "isDiverging": True,
        "isDefault": True,
        "colors": ["#c77d1a", "#e9c48f", "#f4f1e8", "#a9cbd8", "#2f7894"],
    }
]

# --- Safety -------------------------------------------------------------------------------
WTF_CSRF_ENABLED = True
# Browsers do not tell ports apart: under the usual name Airflow's cookie would overwrite ours.
SESSION_COOKIE_NAME = "sipas_superset"
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
AUTH_USER_REGISTRATION = False
PREVENT_UNSAFE_DB_CONNECTIONS = True
# No outside host: neither fonts, nor maps, nor the picture that counts installations. No eval
# either, so charts of the kind `handlebars` do not work: tables and a style sheet do their work.
TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'", "data:"],
        "script-src": ["'self'", "'strict-dynamic'"],
        "frame-ancestors": ["'self'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}


def _administrators_only(query: Query) -> Query:
    """Whom the lists of people and roles beside a filter name: nobody, to readers."""
    from superset import security_manager

    return query if security_manager.is_admin() else query.filter(false())


EXTRA_RELATED_QUERY_FILTERS = {"user": _administrators_only, "role": _administrators_only}
# Nobody sees rows past roles.yaml, and nobody but Admin writes SQL.
CUSTOM_SECURITY_MANAGER = SipasSecurityManager
FEATURE_FLAGS = {
    # A dashboard is opened by the roles that it names (roles.yaml), not by who reads a dataset.
    "DASHBOARD_RBAC": True,
    # Without it SQL Lab walks around row-level security.
    "RLS_IN_SQLLAB": True,
    "HORIZONTAL_FILTER_BAR": True,
    # Only queries of ours: no template language in SQL.
    "ENABLE_TEMPLATE_PROCESSING": False,
    "ALERT_REPORTS": False,
}
ROW_LIMIT = 5_000
SAMPLES_ROW_LIMIT = 500
SQL_MAX_ROW = 50_000
SUPERSET_WEBSERVER_TIMEOUT = 60

# --- Caches: one server, no Redis ---------------------------------------------------------
# A published figure may be withdrawn at any time: query results are not kept.
CACHE_CONFIG = {"CACHE_TYPE": "SimpleCache", "CACHE_DEFAULT_TIMEOUT": 300}
DATA_CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
