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
FIRST_CHARACTER = 0x2E80  # of the scripts that these fonts are for
ADVICE = (
    "rushlight: no installed font has Chinese characters, so the figures show boxes in their "
    "place; `apt install fonts-wqy-microhei` (5 MB) or any other such font helps."
)


def complete(font_manager) -> None:
    """Add the fallback font to every search of `font_manager`, and quiet what it makes needless."""
    from matplotlib import _text_helpers

    manager = font_manager.FontManager
    manager._find_fonts_by_props = with_fallback(manager._find_fonts_by_props)
    manager.findfont = for_the_missing(manager.findfont)
    font_manager.findfont = font_manager.fontManager.findfont
    _text_helpers.warn_on_missing_glyph = advising(_text_helpers.warn_on_missing_glyph)
    for name in ("matplotlib.font_manager", "matplotlib.mathtext"):
        logging.getLogger(name).addFilter(is_about_something_else)


def with_fallback(find_fonts):
    """The search for all fonts of a text: the fallback is the last."""

    def find_fonts_and_fallback(self, *args, **kwargs):
        found = find_fonts(self, *args, **kwargs)
        fallback = fallback_font()
        return found if fallback is None or fallback in found else [*found, fallback]

    return find_fonts_and_fallback


def for_the_missing(find_font):
    """The search for one font, as formulas need it: the fallback, if a font of its kind is missing.

    Without it Matplotlib takes its own font, which has no such characters.
    """

    def find_font_or_fallback(
        self, prop, fontext="ttf", directory=None, fallback_to_default=True, *args, **kwargs
    ):
        if fallback_to_default and fontext == "ttf" and asks_for_characters(prop):
            try:
                return find_font(self, prop, fontext, directory, False, *args, **kwargs)
            except ValueError:
                if path := fallback_font():
                    return path
        return find_font(self, prop, fontext, directory, fallback_to_default, *args, **kwargs)

    return find_font_or_fallback


def asks_for_characters(prop) -> bool:
    """Whether a font with these characters is named, by the text itself or in the rcParams."""
    from matplotlib import rcParams
    from matplotlib.font_manager import FontProperties

    families = prop.get_family() if isinstance(prop, FontProperties) else [str(prop)]
    lists = {str(key): value for key, value in rcParams.items() if key.startswith("font.")}
    names = (name for family in families for name in lists.get(f"font.{family}", [family]))
    return any(part in name for name in names for part in FAMILIES)


def advising(warn):
    """Matplotlib's warning of a missing character: for these, one line instead of one for each."""

    def warn_or_advise(codepoint, *font_names):
        if codepoint < FIRST_CHARACTER:
            warn(codepoint, *font_names)
        else:
            advise()

    return warn_or_advise


def is_about_something_else(record) -> bool:
    """Filter of Matplotlib's log: nothing of fonts not found, nor of characters without one."""
    message = record.getMessage()
    if "does not have a glyph" in message and record.args[-1] >= FIRST_CHARACTER:
        advise()
        return False
    return not message.startswith("findfont:")


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
