"""The one door for plugin authors: everything that a plugin needs of the core; it knows no format.

A plugin is a module behind an entry point of the group ``omio.plugins``. It states ``OMIO_API = 1`` and implements
hooks of `omio_core.hookspecs` with `hookimpl`. A `Reader` describes a reader. Opening a `Location` with it gives an
`Opened`, whose images are `ImageDescription`. Description and handle are separate, so that 2,000 descriptions keep no
file open. A `Writer` describes a writer, a `Policy` a named rule.

A plugin imports nothing else of OMIO. What stands here is stable within an ``OMIO_API``. Each name is imported at first
use, so that importing this module costs nothing. No module of the core imports this one.
"""

from typing import TYPE_CHECKING

from .lazy import attach

if TYPE_CHECKING:
    from .errors import (
        AbsentDataError,
        AbsentPlanesWarning,
        AmbiguousAxesError,
        AmbiguousSidecarError,
        CorruptFileError,
        FileChangedError,
        LimitExceededError,
        MetadataConflictError,
        MetadataError,
        MetadataWarning,
        MissingDependencyError,
        MissingMetadataError,
        OmioError,
        OmioWarning,
        PluginContractError,
        PluginError,
        ReadError,
        UnknownOptionError,
        UnsupportedFeatureError,
        WriteError,
        first_few,
        warn,
    )
    from .files.listing import Listing
    from .files.local import locate
    from .files.location import Entry, Location
    from .files.positioned import PositionedFile, Stamp
    from .files.probe import Probe
    from .geometry.axes import axis_name, unfold
    from .geometry.box import Box, grid, runs
    from .metadata.facts import PLANE_COLUMNS, Channel, Fact, Facts, Planes
    from .metadata.model import Metadata
    from .metadata.namespaces import omio_version
    from .metadata.plain import plain
    from .metadata.units import convert_each, decimal, micrometres, nanometres, seconds
    from .ome.ngff import NGFF_AXES, ngff_attributes, ngff_order
    from .ome.positions import Position, Spans, plane_position, plane_positions
    from .ome.read import ome_facts
    from .ome.records import ome_records, scan_records
    from .ome.structure import DIMENSION_ORDERS, OmeDocument, OmeImage, TiffData, parse_ome
    from .ome.usable import UsableOme, usable_ome
    from .ome.validate import check_ome
    from .ome.write import PIXEL_TYPES, build_ome, refuse_planes
    from .parsing.decoding import decode_xml, is_utf_16
    from .parsing.mend import Mended, mend_xml
    from .parsing.xml import children_named, first_named, local_name, parse_xml
    from .parsing.yaml import parse_yaml
    from .pixels.description import ImageDescription, Level, MappedLayout, no_facts
    from .pixels.digests import DIGEST_METHOD, Digest, image_digests, plane_digest
    from .pixels.halving import halve
    from .pixels.protocol import Picture
    from .pixels.stream import pull
    from .plugins.cases import (
        AbsentFilesCase,
        AbsentPlanesCase,
        AxesCase,
        Case,
        CollisionCase,
        ConflictCase,
        DtypesCase,
        MissingCase,
        ShapesCase,
    )
    from .plugins.descriptions import (
        OMIO_API,
        ImageLike,
        Match,
        Opened,
        Policy,
        Reader,
        Records,
        Verdict,
        Writer,
        WriteRequest,
        Written,
        hookimpl,
    )
    from .settings import current_settings
    from .threads import ordered
    from .wording import Aside, advise, either, worded

__all__ = [
    "DIGEST_METHOD",
    "DIMENSION_ORDERS",
    "NGFF_AXES",
    "OMIO_API",
    "PIXEL_TYPES",
    "PLANE_COLUMNS",
    "AbsentDataError",
    "AbsentFilesCase",
    "AbsentPlanesCase",
    "AbsentPlanesWarning",
    "AmbiguousAxesError",
    "AmbiguousSidecarError",
    "Aside",
    "AxesCase",
    "Box",
    "Case",
    "Channel",
    "CollisionCase",
    "ConflictCase",
    "CorruptFileError",
    "Digest",
    "DtypesCase",
    "Entry",
    "Fact",
    "Facts",
    "FileChangedError",
    "ImageDescription",
    "ImageLike",
    "Level",
    "LimitExceededError",
    "Listing",
    "Location",
    "MappedLayout",
    "Match",
    "Mended",
    "Metadata",
    "MetadataConflictError",
    "MetadataError",
    "MetadataWarning",
    "MissingCase",
    "MissingDependencyError",
    "MissingMetadataError",
    "OmeDocument",
    "OmeImage",
    "OmioError",
    "OmioWarning",
    "Opened",
    "Picture",
    "Planes",
    "PluginContractError",
    "PluginError",
    "Policy",
    "Position",
    "PositionedFile",
    "Probe",
    "ReadError",
    "Reader",
    "Records",
    "ShapesCase",
    "Spans",
    "Stamp",
    "TiffData",
    "UnknownOptionError",
    "UnsupportedFeatureError",
    "UsableOme",
    "Verdict",
    "WriteError",
    "WriteRequest",
    "Writer",
    "Written",
    "advise",
    "axis_name",
    "build_ome",
    "check_ome",
    "children_named",
    "convert_each",
    "current_settings",
    "decimal",
    "decode_xml",
    "either",
    "first_few",
    "first_named",
    "grid",
    "halve",
    "hookimpl",
    "image_digests",
    "is_utf_16",
    "local_name",
    "locate",
    "mend_xml",
    "micrometres",
    "nanometres",
    "ngff_attributes",
    "ngff_order",
    "no_facts",
    "ome_facts",
    "ome_records",
    "omio_version",
    "ordered",
    "parse_ome",
    "parse_xml",
    "parse_yaml",
    "plain",
    "plane_digest",
    "plane_position",
    "plane_positions",
    "pull",
    "refuse_planes",
    "runs",
    "scan_records",
    "seconds",
    "unfold",
    "usable_ome",
    "warn",
    "worded",
]  # fmt: skip

_HOMES = {
    "errors": ("AbsentDataError", "AbsentPlanesWarning", "AmbiguousAxesError", "AmbiguousSidecarError",
        "CorruptFileError", "FileChangedError", "LimitExceededError", "MetadataConflictError", "MetadataError",
        "MetadataWarning", "MissingDependencyError", "MissingMetadataError", "OmioError", "OmioWarning",
        "PluginContractError", "PluginError", "ReadError", "UnknownOptionError", "UnsupportedFeatureError",
        "WriteError", "first_few", "warn"),
    "files.listing": ("Listing",),
    "files.local": ("locate",),
    "files.location": ("Entry", "Location"),
    "files.positioned": ("PositionedFile", "Stamp"),
    "files.probe": ("Probe",),
    "geometry.axes": ("axis_name", "unfold"),
    "geometry.box": ("Box", "grid", "runs"),
    "metadata.facts": ("PLANE_COLUMNS", "Channel", "Fact", "Facts", "Planes"),
    "metadata.model": ("Metadata",),
    "metadata.namespaces": ("omio_version",),
    "metadata.plain": ("plain",),
    "metadata.units": ("convert_each", "decimal", "micrometres", "nanometres", "seconds"),
    "ome.ngff": ("NGFF_AXES", "ngff_attributes", "ngff_order"),
    "ome.positions": ("Position", "Spans", "plane_position", "plane_positions"),
    "ome.read": ("ome_facts",),
    "ome.records": ("ome_records", "scan_records"),
    "ome.structure": ("DIMENSION_ORDERS", "OmeDocument", "OmeImage", "TiffData", "parse_ome"),
    "ome.usable": ("UsableOme", "usable_ome"),
    "ome.validate": ("check_ome",),
    "ome.write": ("PIXEL_TYPES", "build_ome", "refuse_planes"),
    "parsing.decoding": ("decode_xml", "is_utf_16"),
    "parsing.mend": ("Mended", "mend_xml"),
    "parsing.xml": ("children_named", "first_named", "local_name", "parse_xml"),
    "parsing.yaml": ("parse_yaml",),
    "pixels.description": ("ImageDescription", "Level", "MappedLayout", "no_facts"),
    "pixels.digests": ("DIGEST_METHOD", "Digest", "image_digests", "plane_digest"),
    "pixels.halving": ("halve",),
    "pixels.protocol": ("Picture",),
    "pixels.stream": ("pull",),
    "plugins.cases": ("AbsentFilesCase", "AbsentPlanesCase", "AxesCase", "Case", "CollisionCase", "ConflictCase",
        "DtypesCase", "MissingCase", "ShapesCase"),
    "plugins.descriptions": ("OMIO_API", "ImageLike", "Match", "Opened", "Policy", "Reader", "Records",
        "Verdict", "WriteRequest", "Writer", "Written", "hookimpl"),
    "settings": ("current_settings",),
    "threads": ("ordered",),
    "wording": ("Aside", "advise", "either", "worded"),
}  # fmt: skip

__getattr__, __dir__ = attach("omio_core.contract", {n: f"omio_core.{home}" for home in _HOMES for n in _HOMES[home]})
