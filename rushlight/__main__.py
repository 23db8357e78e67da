"""`python -m rushlight ...` is the `rushlight` command."""

import sys

from rushlight.cli import main

sys.exit(main())
