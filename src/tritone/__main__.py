"""`python -m tritone`."""

import sys

from tritone.cli import main

sys.exit(main())
