"""What is installed, as plain values: everything that a plugin offers, why one is left out, and the policies."""

from __future__ import annotations

import json

from omio_core.contract import Match, Policy, Reader, Verdict, Writer
from omio_core.errors import PluginLoadError
from omio_core.plugins.catalogue import Catalogue, Plugin
from omio_core.plugins.inventory import plugins_dict, policies_dict
from omio_core.policies import KINDS, Policies

READER = Reader(
    name="r",
    title="R",
    suffixes=(".r",),
    sniff=lambda probe: Verdict(Match.NO, ""),
    open="x:y",
    options={"flip": "turns"},
)
WRITER = Writer(
    name="w", title="W", suffixes=(".w",), accepts=lambda images: Verdict(Match.NO, ""), write="x:y", makes="folder"
)
POLICY = Policy(kind="missing", name="lab", decide=lambda case: "raise", summary="Ours.")
USABLE = Plugin(
    name="lab", distribution="omio-lab", version="1.2", readers=(READER,), writers=(WRITER,), policies=(POLICY,)
)
BLOCKED = Plugin(name="old", distribution="", version="", error=PluginLoadError("it is old", evidence="OMIO_API 0"))
KNOWN = Catalogue(readers=(READER,), writers=(WRITER,), policies=(POLICY,), plugins=(USABLE, BLOCKED))


def test_plugins_are_values_that_json_holds() -> None:
    listed = json.loads(json.dumps(plugins_dict(KNOWN)))
    assert (listed["omio_plugins"], listed["api"]) == (1, 1)
    usable, blocked = listed["plugins"]
    assert usable["readers"] == [
        {"name": "r", "title": "R", "suffixes": [".r"], "options": {"flip": "turns"}, "revision": 1, "version": "",
         "sidecar": False}
    ]  # fmt: skip
    assert (usable["writers"][0]["makes"], usable["policies"], usable["error"]) == ("folder", ["missing=lab"], None)
    assert blocked["error"] == "it is old\n  evidence: OMIO_API 0"


def test_policies_are_listed_by_kind() -> None:
    listed = json.loads(json.dumps(policies_dict(KNOWN, Policies(missing="lab"))))
    assert [kind["kind"] for kind in listed["kinds"]] == list(KINDS)
    (missing,) = [kind for kind in listed["kinds"] if kind["kind"] == "missing"]
    assert (missing["default"], missing["in_force"]) == ("unknown", "lab")
    assert missing["policies"] == [{"name": "lab", "summary": "Ours.", "plugin": "lab"}]
    assert missing["actions"] == ["accept", "raise"]
    assert policies_dict(KNOWN)["kinds"][0]["in_force"] == policies_dict(KNOWN)["kinds"][0]["default"]
