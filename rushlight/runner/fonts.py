"""Give Matplotlib's texts a font for the Chinese, Japanese or Korean characters in them.

Programs name the font of the machine they were written on (SimHei, PingFang SC), which this one
may lack. Matplotlib draws each character with the first font of a text's list that has it, so an
installed font with these characters is put at the end of each list.
"""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from functools import lru_cache

# Parts of family names, the most legible first; every candidate is checked for the characters.
FAMILIES = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans", "Microsoft YaHei", "PingFang SC"),
    *("Hiragino Sans GB", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "SimHei", "Heiti", "CJK"),
    *("Droid Sans Fallback", "Source Han", "SimSun", "Song", "Fang", "Kai", "Ming", "Gothic"),
    *("Hei", "Han", "Unifont", "Unicode"),
)
SAMPLE = "中文"
ADVICE = (
    "rushlight: no installed font has Chinese characters, so the figures show boxes in their "
    "place; `apt install fonts-wqy-microhei` (5 MB) or any other such font helps."
)


def complete(font_manager) -> None:
    """Add the fallback font to every search of `font_manager`, and quiet what it makes needless."""
    manager_class = font_manager.FontManager
    search = manager_class._find_fonts_by_props

    def find_fonts(self, *args, **kwargs):
        found = search(self, *args, **kwargs)
        fallback = fallback_font()
        return found if fallback is None or fallback in found else [*found, fallback]

    manager_class._find_fonts_by_props = find_fonts
    logging.getLogger("matplotlib.font_manager").addFilter(is_about_something_else)

    from matplotlib import _text_helpers

    warn = _text_helpers.warn_on_missing_glyph

    def warn_on_missing_glyph(codepoint, *font_names):
        if codepoint < 0x2E80:
            warn(codepoint, *font_names)
        else:
            advise()

    _text_helpers.warn_on_missing_glyph = warn_on_missing_glyph


def is_about_something_else(record) -> bool:
    return not str(record.msg).startswith("findfont:")


@lru_cache(None)
def advise() -> None:
    print(ADVICE, file=sys.stderr)


@lru_cache(None)
def fallback_font() -> str | None:
    """The file of the installed font that draws the characters best, or None."""
    from matplotlib import font_manager

    path = best_font(font_manager)
    if path is None:
        add_new_fonts(font_manager)
        path = best_font(font_manager)
    return path


def best_font(font_manager) -> str | None:
    fonts = font_manager.fontManager
    installed = sorted(fonts.get_font_names())
    for part in FAMILIES:
        for family in (name for name in installed if part in name):
            path = fonts.findfont(font_manager.FontProperties(family=[family]))
            font = font_manager.get_font(path)
            if all(font.get_char_index(ord(character)) for character in SAMPLE):
                return path
    return None


def add_new_fonts(font_manager) -> None:
    """Add what was installed since Matplotlib wrote its list of fonts, which it keeps."""
    fonts = font_manager.fontManager
    known = {entry.fname for entry in fonts.ttflist}
    for path in font_manager.findSystemFonts():
        if path not in known:
            with suppress(Exception):  # a broken file, as when Matplotlib makes its list
                fonts.addfont(path)
