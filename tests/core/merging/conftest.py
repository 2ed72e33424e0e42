"""What is installed where merges are tested."""

from __future__ import annotations

import pytest
from omio_toy import READER

from omio_core.plugins import catalogue
from omio_core.plugins.catalogue import Catalogue
from omio_plugins.ome_tiff import omio_writers
from omio_plugins.policies import omio_policies
from omio_plugins.tiff import omio_readers


@pytest.fixture(autouse=True)
def _installed():
    """The toy, the readers and writers of TIFF, and the policies that come with OMIO."""
    known = Catalogue(readers=(READER, *omio_readers()), writers=tuple(omio_writers()), policies=tuple(omio_policies()))
    with catalogue.using(known):
        yield
