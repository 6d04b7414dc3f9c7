"""`python -m servanda`: the command line."""

import sys

from servanda.command_line import main

if __name__ == "__main__":
    sys.exit(main())
