"""What all explanations share."""

from typing import NamedTuple


class Text(NamedTuple):
    """One text in both languages."""

    en: str
    zh: str


TEXTS = {
    "why": Text(
        en="Why: {text}",
        zh="原因：{text}",
    ),
    "fix": Text(
        en="Fix: {text}",
        zh="改法：{text}",
    ),
    "or": Text(
        en="or: {text}",
        zh="或：{text}",
    ),
    "learn.lines": Text(
        en="To see the lines of all operations concerned: `rushlight run program.py`.",
        zh="想看到相关运算各自在哪一行：用 `rushlight run 程序.py` 运行。",
    ),
}
