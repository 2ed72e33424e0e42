"""Which resolutions of TIFF tags are defaults of programs and no measurements: one closed table; it reads no file.

A photograph, a scan and a screenshot have resolution tags, too. Programs write them without anybody having measured a
pixel, so a microscopist who finds 84.7 µm in such a file is misled. The table has the values that were found in files
and in the programs named beside them. A value that is not in it counts as a measurement.
"""

from __future__ import annotations

import math
from fractions import Fraction

_INCH = 2.54  # centimetres
_ROUNDED = 2e-3  # relative: 118 a cm for 300 an inch (118.11)
_EXACT = 1e-4  # relative: 25.4 an inch as a single-precision number for 10 a cm

DOTS_AN_INCH: tuple[tuple[int, str], ...] = (
    (72, "Photoshop, Preview, ImageJ and most cameras"),
    (75, "scanners and HP's printers"),
    (96, "Windows, GIMP and screens"),
    (100, "scanners, GIMP and MATLAB's figures"),
    (120, "Windows at 125 %"),
    (144, "screens of double density"),
    (150, "scanners and MATLAB's print"),
    (180, "cameras of Canon and printers of Epson"),
    (200, "fax machines and scanners"),
    (240, "Lightroom and Camera Raw"),
    (300, "picture editors, for print"),
    (350, "cameras of Olympus and Sony, for print"),
    (360, "printers of Epson"),
    (400, "scanners"),
    (600, "scanners and laser printers"),
    (720, "printers of Epson"),
    (1200, "scanners and laser printers"),
    (2400, "scanners and imagesetters"),
)
"""Dots an inch, and who writes them; the same a centimetre, rounded, too."""

DOTS_A_CENTIMETRE: tuple[tuple[int, str], ...] = (
    (1, "programs that fill in 1"),
    (10, "libvips"),
    (100, "programs that fill in 100"),
)
"""Dots a centimetre, and who writes them; libvips writes 10 as 25.4 an inch."""


def writer_of_default(size: float | Fraction) -> str:
    """Who writes a resolution without a measurement, in words; empty if the size of a pixel is not in the table.

    Parameters
    ----------
    size
        Micrometres per pixel.

    Examples
    --------
    >>> writer_of_default(25400 / 96)
    '96 an inch, a default of Windows, GIMP and screens'
    >>> writer_of_default(1000.00001), writer_of_default(0.5)
    ('10 a cm, a default of libvips', '')
    """
    dots = 10_000 / float(size)
    for n, who in DOTS_A_CENTIMETRE:
        if math.isclose(dots, n, rel_tol=_EXACT):
            return f"{n} a cm, a default of {who}"
    for n, who in DOTS_AN_INCH:
        if math.isclose(dots, n / _INCH, rel_tol=_ROUNDED):
            return f"{n} an inch, a default of {who}"
    return ""
