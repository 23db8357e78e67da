"""State dictionaries that don't fit the model."""

from __future__ import annotations

import re
from difflib import get_close_matches

from rushlight.explain.case import Explanation, explains
from rushlight.explain.catalogue import say

#: how many entries are listed
SHOWN = 4


@explains(r"^Error\(s\) in loading state_dict for (\w+)")
def loading(case):
    """Keys that are missing or unexpected, shapes that differ."""
    missing, unexpected = _keys(case, "Missing"), _keys(case, "Unexpected")
    sizes = re.findall(
        r"size mismatch for (\S+): .*? \w+\.Size\((\[.*?\])\) .*?\.Size\((\[.*?\])\)", case.text
    )
    why, fix, table = [], [], []
    if prefix := _common_prefix(missing, unexpected):
        side, text = prefix
        why.append(say(f"state.prefix.{side}", prefix=text))
        fix.append(say(f"state.prefix.{side}.fix", prefix=text))
    elif missing or unexpected:
        why.append(say("state.keys", missing=len(missing), unexpected=len(unexpected)))
        table += list(_pairs(missing, unexpected))
        fix.append(_of_keys(missing, unexpected))
    if sizes:
        why.append(say("state.sizes", count=len(sizes)))
        fix.append(say("state.sizes.fix"))
        table += [say("state.size", key=key, given=a, own=b) for key, a, b in sizes[:SHOWN]]
    return Explanation(why, case.places(), fix, table) if why else None


def _keys(case, kind):
    found = re.search(rf"{kind} key\(s\) in state_dict: (.*?)\. \s*$", case.text, re.M)
    return re.findall(r'"(.*?)"', found[1]) if found else []


def _common_prefix(missing, unexpected):
    """What all keys of one side have in front, more than the other's."""
    for side, longer, shorter in (("file", unexpected, missing), ("model", missing, unexpected)):
        first = longer[0].split(".")[0] + "." if longer and "." in longer[0] else ""
        if first and shorter and all(key.startswith(first) for key in longer):
            if {key.removeprefix(first) for key in longer} & set(shorter):
                return side, first
    return None


def _pairs(missing, unexpected):
    for key in missing[:SHOWN]:
        close = get_close_matches(key, unexpected, 1, 0.5)
        if close:
            yield say("state.close", key=key, close=close[0])
        else:
            yield say("state.missing", key=key)
    for key in unexpected[:SHOWN]:
        if not get_close_matches(key, missing, 1, 0.5):
            yield say("state.unexpected", key=key)
    rest = len(missing) + len(unexpected) - 2 * SHOWN
    if rest > 0:
        yield say("state.more", count=rest)


def _of_keys(missing, unexpected):
    if len(unexpected) == 1 and unexpected[0] in ("state_dict", "model", "model_state_dict", "net"):
        return say("state.nested.fix", key=unexpected[0])
    nested = [
        k for k in unexpected if k in ("model_state_dict", "state_dict", "model", "optimizer")
    ]
    if nested:
        return say("state.nested.fix", key=nested[0])
    if missing and unexpected:
        return say("state.rename.fix", old=unexpected[0], new=missing[0])
    return say("state.strict.fix")


@explains(r"^Expected state_dict to be dict-like, got (.*)\.$")
def no_dictionary(case):
    """A path or a whole model in place of a dictionary."""
    text = (case.operand_texts() or ["x"])[-1]
    if "str" in case.match[1]:
        return Explanation(
            [say("state.path", text=text)], case.places(), [say("state.path.fix", text=text)]
        )
    return Explanation(
        [say("state.model", text=text)], case.places(), [say("state.model.fix", text=text)]
    )


@explains(
    r"^loaded state dict (?:has a different number of parameter groups|contains a parameter group)"
)
def optimizer_state(case):
    """The state of an optimizer with other parameters."""
    return Explanation([say("state.optimizer")], case.places(), [say("state.optimizer.fix")])
