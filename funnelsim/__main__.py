"""`python -m funnelsim` is the command `funnelsim`."""

import sys

from funnelsim.cli import main

if __name__ == "__main__":
    sys.exit(main())
