"""``python -m omio_core`` prints the version and the plugins; it knows no format."""

from __future__ import annotations

import sys

from .metadata.namespaces import omio_version
from .plugins.catalogue import catalogue


def main() -> int:
    """Print the version and every plugin. Return 1 if a plugin is left out, else 0."""
    lines = [f"omio-core {omio_version()}"]
    for plugin in catalogue().plugins:
        state = ", ".join(plugin.offers) if plugin.error is None else f"LEFT OUT: {plugin.error.what}"
        lines.append(f"  {plugin.name} ({plugin.distribution} {plugin.version}): {state}")
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if catalogue().blocked else 0


if __name__ == "__main__":
    sys.exit(main())
