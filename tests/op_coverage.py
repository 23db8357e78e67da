"""How much of PyTorch's operator database works here: what it does is done by both libraries.

`python tests/op_coverage.py` runs every sample and every wrong input that PyTorch's own records
of its operations have (`torch.testing._internal.common_methods_invocations.op_db`), and writes
the table in `docs/coverage.md`. With names it prints what differs there and writes nothing::

    python tests/op_coverage.py fft.fft linalg.svd

`test_oracle_ops.py` does the same for a few samples of each. An entry is a record: a name, and
the variant of it that follows in brackets.
"""

import argparse
import inspect
import pathlib
import re
import sys
import warnings
from functools import partial

import torch
from op_twins import (
    Refused,
    both,
    first_line,
    flat,
    is_helper,
    our_function,
    same,
    same_gradients,
    seed,
    tensors,
)
from torch.testing._internal.common_methods_invocations import op_db

import rushlight as rl

HERE = pathlib.Path(__file__).parent
REPORT = HERE.parent / "docs" / "coverage.md"

#: what is looked at, and what it means
ASPECTS = {
    "values": "values, shapes and dtypes for float32, float64, int64 and bool",
    "complex": "the same for complex64 and complex128",
    "method": "the method of the same name",
    "in place": "the form that ends in `_`, with its derivatives",
    "out": "`out=`: filled, resized, cast, refused",
    "first": "first derivatives in float64, and in complex128 where PyTorch has them",
    "second": "second derivatives, likewise",
    "errors": "the error inputs: type and first line of the message",
    "dtypes": "refusal of the dtypes that PyTorch refuses: type and first line",
}
#: where elements may be equal, either library's choice among them is right
TIED = {"argsort", "kthvalue", "mode", "sort", "topk"}
#: what holds whatever was in memory before
UNINITIALISED = {
    "empty", "empty_like", "empty_permuted", "empty_strided", "new_empty", "new_empty_strided",
    "resize_", "resize_as_",
}  # fmt: skip
ALL_DTYPES = (
    torch.float32, torch.float64, torch.int64, torch.bool, torch.complex64, torch.complex128,
)  # fmt: skip


def families():
    """The names of entries, by family."""
    found = {}
    for line in (HERE / "op_families.txt").read_text().splitlines():
        if line.startswith("    "):
            next(reversed(found.values())).extend(line.split())
        elif line.endswith(":"):
            found[line[:-1]] = []
    return found


def title(record):
    """The name of an entry."""
    variant = record.variant_test_name
    return f"{record.name}[{variant}]" if variant else record.name


RECORDS = {title(record): record for record in op_db}


# What is looked at --------------------------------------------------------------------------------


class Entry:
    """What one record of PyTorch's says, tried here.

    Args:
        record: PyTorch's record.
        count: how many samples of each kind are tried, None for all.
    """

    def __init__(self, record, count=None):
        self.record = record
        self.count = count
        self.theirs = record.op
        if record.name == "__getitem__":
            self.theirs = torch.Tensor.__getitem__
        self.valued = record.name not in UNINITIALISED

    def failures(self):
        """For each aspect that applies, what differs."""
        found = {}
        for name in ASPECTS:
            tried, failed = 0, []
            for where, check in getattr(self, name.replace(" ", "_"))():
                tried += 1
                try:
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore")
                        check()
                except Refused:
                    pass
                except Exception as error:
                    kind = "" if isinstance(error, AssertionError) else f"{type(error).__name__}: "
                    failed.append(f"{where}: {kind}{first_line(error)}")
            if tried:
                found[name] = failed
        return found

    def mine(self):
        """The function here."""
        return our_function(self.theirs, self.record.name)

    def samples(self, dtype, requires_grad=False, count=None):
        """Some of the sample inputs of this dtype, evenly chosen."""
        seed(1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # not `record.sample_inputs`, which seeds for each sample, and that takes milliseconds
            made = list(self.record.sample_inputs_func(self.record, "cpu", dtype, requires_grad))
        count = count or self.count or len(made)
        step = max(1, -(-len(made) // count))
        for index in range(0, len(made), step):
            yield f"{str(dtype).removeprefix('torch.')}, sample {index}", made[index]

    def supported(self, *kinds):
        return [dtype for dtype in kinds if dtype in self.record.supported_dtypes("cpu")]

    def values(self):
        dtypes = self.supported(torch.float32, torch.float64, torch.int64, torch.bool)
        yield from self.value_checks(self.theirs, self.mine, dtypes)

    def complex(self):
        dtypes = self.supported(torch.complex64, torch.complex128)
        yield from self.value_checks(self.theirs, self.mine, dtypes)

    def value_checks(self, theirs, mine, dtypes, count=None):
        for dtype in dtypes:
            for where, sample in self.samples(dtype, count=count):
                yield where, partial(self.same_values, theirs, mine, sample)

    def same_values(self, theirs, mine, sample):
        mine = mine()
        args = [sample.input, *sample.args]
        expected, found, *_ = both(theirs, mine, args, sample.kwargs)
        process = sample.output_process_fn_grad
        if self.valued and is_helper(process):
            expected, found = process(expected), our_function(process)(found)
        if self.record.name in TIED and not sample.input.is_floating_point():
            expected, found = flat(expected)[:-1], flat(found)[:-1]
        same(expected, found, values=self.valued)

    def method(self):
        method = self.record.method_variant
        if method is None or method is self.theirs:
            return
        dtypes = self.supported(torch.float32, torch.int64)[:1]
        name = getattr(method, "__name__", self.record.name)
        mine = (
            (lambda: our_function(method))
            if is_helper(method)
            else lambda: getattr(rl.Tensor, name)
        )
        yield from self.value_checks(method, mine, dtypes, min(3, self.count or 3))

    def in_place(self):
        form = self.record.inplace_variant
        if form is None:
            return
        name = getattr(form, "__name__", "")
        for dtype in self.supported(torch.float64, torch.int64, torch.complex128):
            grad = dtype.is_floating_point and self.record.supports_inplace_autograd
            for where, sample in self.samples(dtype, grad, count=min(4, self.count or 4)):
                yield where, partial(self.same_in_place, form, name, sample)

    def same_in_place(self, form, name, sample):
        def changing(function):
            def change(x, *args, **options):
                changed = x.clone()
                result = function(changed, *args, **options)
                assert result is changed, "the result is not the first argument"
                return result

            return change

        if isinstance(form, partial):
            mine = partial(our_function(form.func), **form.keywords)
        else:
            mine = our_function(form) if is_helper(form) else getattr(rl.Tensor, name)
        args = [sample.input, *sample.args]
        expected, found, before, after = both(
            changing(form), changing(mine), args, sample.kwargs, clones=True
        )
        same(expected, found, values=self.valued)
        self.same_derivatives(sample, expected, found, before, after, 1)

    def out(self):
        if not self.record.supports_out:
            return
        for dtype in self.supported(torch.float64, torch.int64)[:1]:
            for where, sample in self.samples(dtype, count=min(2, self.count or 2)):
                for kind in ("like", "empty", "float32", "int32"):
                    yield f"{where}, {kind}", partial(self.same_out, sample, kind)

    def same_out(self, sample, kind):
        def filling(function, library):
            def fill(*args, **options):
                results = function(*args, **options)
                outs = [out_of(library, each, kind) for each in tensors(results)]
                several = isinstance(results, (tuple, list))
                returned = function(*args, **options, out=tuple(outs) if several else outs[0])
                for one, other in zip(outs, tensors(returned)):
                    assert one is other, "what is returned is not out"
                return outs

            return fill

        args = [sample.input, *sample.args]
        theirs, mine = filling(self.theirs, torch), filling(self.mine(), rl)
        expected, found, *_ = both(theirs, mine, args, sample.kwargs)
        process = sample.output_process_fn_grad
        if is_helper(process) and len(expected) > 1:
            expected, found = process(tuple(expected)), our_function(process)(tuple(found))
        same(expected, found, values=self.valued)

    def first(self):
        yield from self.derivative_checks(1)

    def second(self):
        if self.record.supports_gradgrad:
            yield from self.derivative_checks(2)

    def derivative_checks(self, order):
        if not self.record.supports_autograd:
            return
        for dtype in (torch.float64, torch.complex128):
            if dtype not in self.record.supported_backward_dtypes("cpu"):
                continue
            count = self.count or 20
            for where, sample in self.samples(dtype, True, count):
                yield where, partial(self.same_orders, sample, order)

    def same_orders(self, sample, order):
        args = [sample.input, *sample.args]
        wrapper = self.record.gradcheck_wrapper  # makes an argument symmetric, triangular, ...
        theirs = partial(wrapper, self.theirs)
        mine = partial(our_function(wrapper), self.mine())
        expected, found, *inputs = both(theirs, mine, args, sample.kwargs)
        self.same_derivatives(sample, expected, found, *inputs, order)

    def same_derivatives(self, sample, expected, found, given, mine, order):
        process = sample.output_process_fn_grad
        if is_helper(process):
            expected, found = process(expected), our_function(process)(found)
        pairs = [p for p in zip(tensors(given), tensors(mine)) if p[0].requires_grad]
        if pairs:
            same_gradients(tensors(expected), tensors(found), *zip(*pairs), upto=order)

    def errors(self):
        if self.record.error_inputs_func is None:
            return
        seed(1)
        for index, wrong in enumerate(self.record.error_inputs_func(self.record, "cpu")):
            sample = wrong.sample_input
            yield f"input {index}", partial(self.same_values, self.theirs, self.mine, sample)

    def dtypes(self):
        for dtype in ALL_DTYPES:
            if dtype in self.record.supported_dtypes("cpu"):
                continue
            try:
                where, sample = next(self.samples(dtype, count=1))
            except Exception:
                continue  # PyTorch has no such sample
            yield where, partial(self.same_values, self.theirs, self.mine, sample)


def out_of(library, like, kind):
    """A tensor for `out=`: like the result, of no elements, or of another dtype."""
    if kind == "empty":
        return library.empty(0, dtype=like.dtype)
    dtype = like.dtype if kind == "like" else getattr(library, kind)
    return library.empty(like.shape, dtype=dtype)


# The report ---------------------------------------------------------------------------------------

HEAD = """# What of PyTorch's operators works

Written by `python tests/op_coverage.py{option}` on PyTorch {version}: an entry is a record of
PyTorch's own database of operations, a name or a variant of it. {samples} and all wrong inputs run
through both libraries.

**{complete} of {entries} entries agree in everything looked at; {most} differ in nothing but messages.**

"""


def measured(names, count=None):
    """For each entry, its failures by aspect."""
    for name in names:
        yield name, Entry(RECORDS[name], count).failures()


def report(results, samples=None):
    """The text of the report."""
    good = [name for name, found in results.items() if not any(found.values())]
    most = [
        name
        for name, found in results.items()
        if any(found.values())
        and not any(found.get(aspect) for aspect in ASPECTS if aspect not in ("errors", "dtypes"))
    ]
    text = HEAD.format(
        samples=f"Up to {samples} sample inputs of each kind" if samples else "All sample inputs",
        option=f" --samples {samples}" if samples else "",
        version=torch.__version__.split("+")[0],
        complete=len(good),
        entries=len(results),
        most=len(most),
    )
    text += "".join(f"- *{name}*: {meaning}\n" for name, meaning in ASPECTS.items())
    return text + "\n" + table(results) + "\n" + differences(results)


def table(results):
    """Counts by family and aspect, "agreeing/looked at"."""
    lines = [
        "| family | entries | " + " | ".join(ASPECTS) + " |",
        "|---" * (len(ASPECTS) + 2) + "|",
    ]
    groups = [*families().items(), ("**all**", list(results))]
    for family, names in groups:
        rows = [results[name] for name in names if name in results]
        cells = [ratio(not any(row.values()) for row in rows)]
        cells += [ratio(not row[a] for row in rows if a in row) for a in ASPECTS]
        lines.append(f"| {family} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def ratio(outcomes):
    outcomes = list(outcomes)
    return f"{sum(outcomes)}/{len(outcomes)}" if outcomes else ""


def differences(results):
    """What differs, by name."""
    lines = ["## What differs", ""]
    for name, found in results.items():
        for aspect, failed in found.items():
            if failed:
                more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
                lines.append(f"- `{name}`, {aspect}: {shortened(failed[0])}{more}")
    return "\n".join(lines) + "\n"


def shortened(text):
    text = re.sub(r"0x[0-9a-f]+", "0x...", text).replace("|", "/").replace("`", "'")
    return inspect.cleandoc(text if len(text) <= 240 else text[:240] + "...")


def main(arguments):
    """Write the report; for some names, print what differs."""
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, help="of each kind at most; by default all")
    parser.add_argument("names", nargs="*")
    chosen = parser.parse_args(arguments)
    names = chosen.names
    known = [name for family in families().values() for name in family]
    wanted = [n for n in known if not names or n in names or n.split("[")[0] in names]
    results = {}
    for name, found in measured(wanted, chosen.samples):
        results[name] = found
        if names:
            for aspect, failed in found.items():
                print(f"{name}, {aspect}: {len(failed)} differ", *failed[:12], sep="\n    ")
    if not names:
        REPORT.write_text(report(results, chosen.samples))


if __name__ == "__main__":
    main(sys.argv[1:])
