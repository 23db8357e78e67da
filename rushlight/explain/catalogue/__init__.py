"""All texts of explanations, in English and Chinese side by side.

Placeholders are those of `str.format`; both languages of an entry have the same ones. Short, plain
sentences; what to type stands in backquotes; nobody is blamed.
"""

from __future__ import annotations

from rushlight.explain.catalogue import common, derivatives, doctor, mistakes, models, values
from rushlight.explain.language import language

__all__ = ["CATALOGUE", "say"]

CATALOGUE = {
    **common.TEXTS,
    **derivatives.TEXTS,
    **values.TEXTS,
    **models.TEXTS,
    **mistakes.TEXTS,
    **doctor.TEXTS,
}


def say(key, /, **values):
    """The text of an entry in the language of this moment (English where that is off).

    >>> say("why", text="...")  # doctest: +SKIP
    'Why: ...'
    """
    text = CATALOGUE[key]
    return (text.zh if language() == "zh" else text.en).format(**values)
