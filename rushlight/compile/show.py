"""`rushlight show step.py`: what a program's compiled functions became, as a page to be read."""

from __future__ import annotations

import html
import pathlib

from rushlight.compile.step import keepers, name_of

__all__ = ["page", "show_program"]

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 110rem; padding: 0 1rem;
       color: #1c2733; background: #fcfcfa }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
pre { font: 13px/1.45 ui-monospace, monospace; background: #f3f4f0; padding: 1rem;
      overflow-x: auto; border-radius: 6px }
i { color: #68767f; font-style: normal } b { color: #9a3b12 }
@media (prefers-color-scheme: dark) {
  body { color: #dde3e8; background: #15191d } pre { background: #1d2329 }
  i { color: #8d9aa3 } b { color: #f0a070 } }
"""


def show_program(target, path=None):
    """Run a program, and write what its compiled functions became to a page.

    Args:
        target: the command line of the program, as `rushlight run` takes it.
        path: the page; by default the program's name with `.html` in its place.

    Returns:
        The exit status: that of the program, or 1 if it compiled nothing.
    """
    from rushlight.runner import run_program

    made: list = []
    keepers.append(made)
    try:
        status = run_program(target)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        keepers.remove(made)
    shown = [each for each in made if each.last is not None]
    if not shown:
        print("rushlight show: the program compiled no function")
        return status or 1
    name = target[1] if target[0] == "-m" else "program" if target[0] == "-c" else target[0]
    page_path = pathlib.Path(path or pathlib.Path(name).with_suffix(".html").name)
    page_path.write_text(page(name, shown), encoding="utf-8")
    print(f"rushlight show: {page_path}")
    return status


def page(title, functions):
    """A page of HTML, complete in itself, about these compiled functions."""
    parts = [section(each) for each in functions]
    title = html.escape(str(title))
    return (
        "<!DOCTYPE html>\n<html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width'>"
        f"<title>{title}</title><style>{_STYLE}</style></head>\n"
        f"<body><h1>{title}: what was compiled</h1>\n{''.join(parts)}</body></html>\n"
    )


def section(compiled):
    """One function: its Program and its source."""
    name = html.escape(name_of(compiled.function))
    return (
        f"<h2>{name}: the source that runs</h2>\n<pre>{colored(compiled.source)}</pre>\n"
        f"<h2>{name}: the Program that it was made of</h2>\n"
        f"<pre>{colored(str(compiled.program))}</pre>\n"
        f"{backward(name, compiled.last.derivative)}"
    )


def backward(name, derivative):
    """The backward pass of what a function returned, if one ran."""
    if derivative is None or derivative.runner is None:
        return ""
    return (
        f"<h2>{name}: the source of its backward pass</h2>\n"
        f"<pre>{colored(derivative.runner.source)}</pre>\n"
    )


def colored(text):
    """Text as HTML: headings of sections and comments set off."""
    return "\n".join(map(_colored_line, text.splitlines()))


def _colored_line(line):
    code, mark, comment = line.partition("#")
    if not mark:
        return html.escape(line)
    tag = "b" if comment.strip().lower() in ("forward", "backward", "update") else "i"
    return f"{html.escape(code)}<{tag}>#{html.escape(comment)}</{tag}>"
