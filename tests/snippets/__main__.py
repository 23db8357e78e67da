"""Record what PyTorch says to the programs here."""

import torch

from tests.snippets import HERE, programs, run

for path in sorted(HERE.glob("*.txt")):
    with path.with_suffix(".expected").open("w") as file:
        for name, source in programs(path.stem):
            file.write(f"### {name}\n" + "".join(f"{line}\n" for line in run(source, torch)))
