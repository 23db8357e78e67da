"""The language of explanations: English, Chinese, or none."""

from __future__ import annotations

import os
import sys

__all__ = ["language"]


def language():
    """`"en"`, `"zh"` or `"off"`: by `RUSHLIGHT_LANG`, else by the locale.

    >>> import os
    >>> os.environ["RUSHLIGHT_LANG"], before = "zh", os.environ.get("RUSHLIGHT_LANG")
    >>> language()
    'zh'
    >>> del os.environ["RUSHLIGHT_LANG"]
    >>> os.environ.update({} if before is None else {"RUSHLIGHT_LANG": before})
    """
    wanted = os.environ.get("RUSHLIGHT_LANG", "").strip().lower()
    if wanted in ("off", "none", "0"):
        return "off"
    return "zh" if _is_chinese(wanted or _locale()) else "en"


def _is_chinese(name):
    return name.lower().startswith(("zh", "chinese"))


def _locale():
    """The locale of messages, such as `zh_CN.UTF-8`; on Windows, of the user interface."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if name := os.environ.get(variable):
            return name
    return _windows_locale() if sys.platform == "win32" else ""


def _windows_locale():
    import ctypes
    import locale

    number = ctypes.windll.kernel32.GetUserDefaultUILanguage()
    return locale.windows_locale.get(number, "")
