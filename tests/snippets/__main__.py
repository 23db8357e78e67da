"""Record what PyTorch says to the programs here."""

import torch

from tests.snippets import HERE, lines, programs, run, run_line

for path in sorted(HERE.glob("*.txt")):
    with path.with_suffix(".expected").open("w") as file:
        for name, source in programs(path.stem):
            file.write(f"### {name}\n" + "".join(f"{line}\n" for line in run(source, torch)))

for path in sorted(HERE.glob("*.lines")):
    shown = [run_line(source, torch) for _, source in lines(path.stem)]
    path.with_suffix(".lines.expected").write_text("\n".join(shown) + "\n")
