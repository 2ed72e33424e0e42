"""The reader of ThorImageLS RAW files as the core sees it: names, and how it recognises them; it reads no pixel.

A RAW file has no header: a file beside it describes it, ``Experiment.xml`` or a YAML sidecar. TIFF series of
ThorImageLS contain OME-XML; the TIFF reader reads them.
"""

from __future__ import annotations

from omio_core.contract import Match, Probe, Reader, Verdict, hookimpl

from ._names import SUFFIX, Neighbours, command, is_image, usual_sidecars, why_no_image

OMIO_API = 1


def sniff(probe: Probe) -> Verdict:
    """Decide whether a file beside a RAW file can describe it."""
    if probe.is_folder:
        return Verdict(Match.NO, "a folder")
    if probe.suffix != SUFFIX:
        return Verdict(
            Match.NO, f"its name does not end in {SUFFIX}: nothing in a ThorImageLS RAW file tells what it is"
        )
    if not probe.size:
        return Verdict(Match.NO, "empty file")
    if (what := why_no_image(probe.name)) is not None:
        return Verdict(Match.NO, f"{probe.name} is {what}", no_image=True, what=what)
    usual = next(usual_sidecars(probe.location), None)
    if usual is not None:
        return Verdict(Match.SIDECAR, f"{usual} lies beside it")
    beside = Neighbours.of(probe.name, probe.names())
    if beside.experiments or beside.same_name:
        return Verdict(Match.SIDECAR, f"{(beside.experiments or beside.same_name)[0]} lies beside it")
    unsure = beside.other_xml + beside.other_yaml
    if unsure and is_image(probe.name):
        return Verdict(Match.SIDECAR, f"named as ThorImageLS does, and {unsure[0]} beside it may describe it")
    return Verdict(
        Match.NO,
        "no Experiment.xml and no sidecar lie beside this RAW file, and nothing in it tells its shape: copy "
        f"Experiment.xml beside it, or write a sidecar; this makes a template to fill in: {command(probe.path)}",
    )


READER = Reader(
    name="thorlabs",
    title="Thorlabs ThorImageLS RAW with Experiment.xml or a YAML sidecar",
    suffixes=(SUFFIX,),
    sniff=sniff,
    open="omio_plugins.thorlabs._read:open_raw",
    options={"sidecar": "the XML or YAML file that describes the RAW file, instead of what lies beside it"},
    template="omio_plugins.thorlabs._template:template",
)


@hookimpl
def omio_readers() -> list[Reader]:
    """The one reader of this plugin."""
    return [READER]
