"""The command line as ``python -m omio``."""

from .cli import main

if __name__ == "__main__":
    main()
