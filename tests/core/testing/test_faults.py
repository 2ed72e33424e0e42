"""Faults, planted one at a time in a sound plugin: the kit names each, and finds nothing in the plugin itself."""

# ruff: noqa: E501 - a fault is one entry, however long the line that it changes

from __future__ import annotations

import inspect
import sys
from typing import NamedTuple

import pytest

from omio_core.plugins.catalogue import Catalogue, Plugin, using
from omio_core.testing import check, conduct, writing
from omio_core.testing.attempts import WriterSubject
from omio_core.testing.candidate import candidate
from omio_core.testing.checking import module_findings
from omio_core.testing.deciding import policy_findings
from omio_core.testing.foreign import sniff_findings
from omio_core.testing.importing import import_findings
from tests.core.testing.planting import checks_of, kit, plant, uproot


class Fault(NamedTuple):
    """A change to one file of the plugin, the check that must find it, and words of its sentence."""

    file: str
    old: str
    new: str
    check: str
    words: str


DOOR, READING, WRITING = "__init__.py", "reading.py", "writing.py"
OPENED = "        self.members, self.add, self.file = (location,), add, location.open()\n"
READ = "        header = self.headers[image]\n        dtype, (samples"
COPIED = "                    out[t - t0, z - z0, c - c0] = block[slice(*s), slice(*y), slice(*x)]\n        if self.add"
LEVEL = "blocks=(1, 1, 1, *shape[3:])"
API = "OMIO_API = 1"
PLANNED = "    (image,) = images\n    done = 0\n    os.mkdir"

MODULE = {
    "forgotten hookimpl": Fault(DOOR, "@hookimpl\ndef omio_readers", "def omio_readers", "module", "no @hookimpl"),
    "misspelt hook": Fault(DOOR, "def omio_readers", "def omio_reders", "module", "did you mean omio_readers"),
    "misspelt and unmarked hook": Fault(
        DOOR, "@hookimpl\ndef omio_writers", "def omio_writer", "module", "did you mean omio_writers"
    ),
    "argument of a hook": Fault(
        DOOR, "annotate(metadata, source)", "annotate(metadata, path)", "module", "takes 'path'"
    ),
    "default of a hook's argument": Fault(
        DOOR, "annotate(metadata, source)", "annotate(metadata, source=None)", "module", "has a default for 'source'"
    ),
    "wrong OMIO_API": Fault(DOOR, API, "OMIO_API = 2", "module", "OMIO_API is 2"),
    "no OMIO_API": Fault(DOOR, API, "API = 1", "module", "write OMIO_API = 1"),
    "hook that raises": Fault(
        DOOR, "    return [POLICY]", "    return [POLICY, NONE]", "module", "it fails: NameError"
    ),
    "hook that answers nonsense": Fault(
        DOOR, "return [POLICY]", 'return ["axes"]', "module", "returns 'axes', which is no Policy"
    ),
    "hook that returns no list": Fault(DOOR, "return [POLICY]", "return POLICY", "module", "return [Policy(...)]"),
    "hook that returns nothing": Fault(DOOR, "return [POLICY]", "pass", "module", "returns None, no list"),
    "OMIO_API as a text": Fault(DOOR, API, "OMIO_API = '1'", "module", "no whole number; write OMIO_API = 1"),
    "name with a dash": Fault(
        DOOR, 'name="good_folder"', 'name="good-2014"', "module", "letters, digits and underscores"
    ),
    "taken name": Fault(DOOR, 'name="good_folder"', 'name="taken"', "module", "the plugin elsewhere has it already"),
    "name of two words": Fault(DOOR, 'name="good-axes"', 'name="good axes"', "module", "no single word"),
    "upper-case suffix": Fault(DOOR, '(".good",)', '(".GOOD",)', "module", "write '.good'"),
    "suffix without a dot": Fault(DOOR, '(".goods",)', '("goods",)', "module", "write '.goods'"),
    "suffixes in the wrong order": Fault(DOOR, '(".good",)', '(".good", ".all.good")', "module", "the longest first"),
    "suffixes that are one text": Fault(DOOR, '(".good",)', '".good"', "module", "write a tuple"),
    "empty title": Fault(DOOR, 'title="Good folders"', 'title=" "', "module", "the title is empty"),
    "option without a text": Fault(DOOR, '"a number that is added to every pixel"', '""', "module", "no description"),
    "option that open does not take": Fault(DOOR, '{"add":', '{"plus":', "module", "does not take the option 'plus'"),
    "option without a default": Fault(READING, "add=0", "add", "module", "open cannot be called with 1 argument"),
    "write without a request": Fault(
        WRITING,
        "write_file(path, images, request)",
        "write_file(path, images)",
        "module",
        "write cannot be called with 3 arguments",
    ),
    "reference to nothing": Fault(DOOR, "reading:open_file", "reading:open", "module", "reading has no open"),
    "reference to no function": Fault(DOOR, "reading:open_file", "reading:SIZES", "module", "no function"),
    "reference to a missing package": Fault(
        READING, "import json\n", "import json\nimport a_package_of_1998\n", "module", "a_package_of_1998"
    ),
    "revision 0": Fault(DOOR, "sniff=sniff_folder,", "sniff=sniff_folder, revision=0,", "module", "revision is 0"),
    "an extra of omio-core": Fault(DOOR, 'install="pip install omio-good"', 'extra="good"', "module", "install="),
    "annotation that raises": Fault(DOOR, "source.name}", "source.stem}", "module", "it raises AttributeError"),
    "annotation that needs a local file": Fault(
        DOOR, "source.name}", "source.local_path()}", "module", "a file that is not local"
    ),
    "annotation of bytes": Fault(
        DOOR, "source.name}", "source.name.encode()}", "module", "what it returns['source'] is b'"
    ),
    "annotation of no number": Fault(DOOR, "source.name}", "[1.0, float('nan')]}", "module", "['source'][1] is nan"),
    "annotation that JSON cannot hold": Fault(DOOR, "source.name}", "source}", "module", "JSON cannot hold"),
    "heavy import": Fault(DOOR, API, f"import numpy\n{API}", "import", "loads numpy"),
    "heavy import in a hook": Fault(
        DOOR, "    return [POLICY]", "    import yaml\n\n    return [POLICY]", "import", "loads yaml"
    ),
    "prints at import": Fault(DOOR, API, f"print('hello')\n{API}", "import", "prints 'hello'"),
    "thread at import": Fault(
        DOOR,
        API,
        f"import threading, time\nthreading.Thread(target=time.sleep, args=(5,), daemon=True, name='mine').start()\n{API}",
        "import",
        "starts the thread 'mine'",
    ),
    "file at import": Fault(DOOR, API, f"open('index.db', 'w').close()\n{API}", "import", "writes the file index.db"),
    "import that fails": Fault(DOOR, API, f"import a_package_of_1998\n{API}", "import", "cannot be imported"),
}

ANSWERS = {
    "claims by name": Fault(
        DOOR,
        'if probe.head[:4] == b"GOOD"',
        'if probe.suffix == ".good"',
        "sniff",
        r"named \*.good is claimed as EXACT",
    ),
    "verdict without a reason": Fault(DOOR, '"no folder with picture.json")', '"")', "sniff", "NO without a reason"),
    "sniff that raises": Fault(DOOR, "probe.head[:4] == b", "probe.head[3] == 68 and b", "sniff", "IndexError"),
    "sniff that answers True": Fault(
        DOOR, 'return Verdict(Match.NO, "no folder with picture.json")', "return False", "sniff", "no Verdict"
    ),
    "sniff that answers one thing for all": Fault(
        DOOR,
        'return Verdict(Match.NO, "no folder with picture.json")',
        "return False",
        "sniff",
        "the same for an empty file named *.goods, a text and 15 more.",
    ),
    "policy of no kind": Fault(DOOR, 'kind="axes"', 'kind="taste"', "policy", "there is no kind 'taste'"),
    "policy with another action": Fault(
        DOOR, 'return "raise"', 'return "pad"', "policy", "none of accept, warn, raise"
    ),
    "policy that raises": Fault(DOOR, 'return "raise"', "return case.nothing", "policy", "fails with AttributeError"),
    "policy that remembers": Fault(
        DOOR,
        '    return "raise"',
        '    decide.n = getattr(decide, "n", 0) + 1\n    return "raise" if decide.n < 9 else "warn"',
        "policy",
        "another time something else",
    ),
    "policy that opens a file": Fault(
        DOOR, '    return "raise"', '    return open("a").read()', "policy", "opens no file"
    ),
    "policy without a sentence": Fault(
        DOOR, 'summary="Every assumption about axes is an error."', 'summary="raise"', "policy", "no sentence"
    ),
}

READERS = {
    "transposed axes": Fault(
        READING, 'axes="TZCSYX"', 'axes="ZTCSYX"', "test_pixels_are_the_expected", "is expected; arrays are TZCYX"
    ),
    "swapped bytes": Fault(
        READING, "                    block = np.frombuffer(data, dtype)", "                    block = np.frombuffer(data, dtype).byteswap()",
        "test_pixels_are_the_expected", "T=0, Z=0, C=0, Y=0, X=1: it is 256, and 1 is expected; with their bytes swapped",
    ),
    "size that is no fact": Fault(
        READING, 'return Facts(channels', 'facts["physical_size_x"] = 0.834\n    return Facts(channels',
        "test_samples_are_described", "physical_size_x is 0.834, no Fact; write Fact",
    ),
    "origin that is none": Fault(
        READING, '], "file", f"header', '], "header", f"header', "test_samples_are_described", "the origins are file, sidecar",
    ),
    "field that a description does not have": Fault(
        READING, 'kind="good"', 'sort="good"', "test_samples_are_described", "unexpected keyword argument 'sort'",
    ),
    "levels that are a list": Fault(
        READING, "levels=(level,)", "levels=[level]", "test_samples_are_described", "image 0: levels is a list",
    ),
    "lambda in the facts": Fault(
        READING, "facts=partial(facts_of, json.dumps(header))", "facts=lambda: facts_of(json.dumps(header))",
        "test_samples_are_described", "image 0: facts cannot be pickled",
    ),
    "lambda in present": Fault(
        READING, "present=present)\n", "present=lambda: present)\n",
        "test_samples_are_described", r"image 0: levels\[0\].present cannot be pickled",
    ),
    "annotation of numpy": Fault(
        READING, "return Facts(channels", 'return Facts(annotations={"good": {"a": [np.int32(1)]}}, channels',
        "test_samples_are_described", r"annotations\['good'\]\['a'\]\[0\] is .*, a numpy.int32; JSON has",
    ),
    "annotation that is not finite": Fault(
        READING, "return Facts(channels", 'return Facts(annotations={"good": {"a": float("inf")}}, channels',
        "test_facts_have_origins", "is inf; JSON has finite numbers only",
    ),
    "block that is kept in the handle": Fault(
        READING, "                    block = np.frombuffer(data, dtype).reshape(samples, height, width)",
        "                    self.block = np.frombuffer(data, dtype).reshape(samples, height, width)\n                    block = self.block",
        "test_eight_threads_read_the_same", "keep what belongs to one read in local",
    ),
    "invented size": Fault(
        READING, "return Facts(channels", 'facts.setdefault("physical_size_x", Fact(1.0, "file"))\n    return Facts(channels',
        "test_no_size_is_invented", "PhysicalSizeX is 1.0",
    ),
    "fact of the caller": Fault(READING, '], "file", f"header', '], "caller", f"header', "test_facts_have_origins", "caller"),
    "leaked handle": Fault(
        READING, OPENED, f"{OPENED}        self.second = __import__('os').open(location, 0)\n",
        "test_no_handle_is_leaked", "handles are left open",
    ),
    "file that is not closed": Fault(
        READING, "        self.file.close()\n\n\nclass", "        pass\n\n\nclass", "test_no_handle_is_leaked", "garbage collector"
    ),
    "thread-unsafe read": Fault(
        READING, "                    data = self.file.read(self.offsets[image] + number_of(header, t, z, c) * size, size)",
        "                    self.at = self.offsets[image] + number_of(header, t, z, c) * size\n"
        "                    self.file.read(0, 4)\n"
        "                    data = self.file.read(self.at, size)",
        "test_eight_threads_read_the_same", "eight threads on one handle",
    ),
    "blocks of 0": Fault(READING, LEVEL, "blocks=(1, 1, 1, 0, *shape[4:])", "test_descriptions_are_consistent", "blocks"),
    "blocks of another length": Fault(READING, LEVEL, "blocks=shape[1:]", "test_descriptions_are_consistent", "blocks"),
    "no levels": Fault(READING, "levels=(level,)", "levels=()", "test_descriptions_are_consistent", "no level"),
    "levels in a list": Fault(READING, "levels=(level,)", "levels=[level]", "test_descriptions_are_consistent", "no tuple"),
    "wrong level shape": Fault(
        READING, "levels=(level,)", "levels=(level, Level(shape=(9, *shape[1:]), blocks=shape))",
        "test_descriptions_are_consistent", "after",
    ),
    "foreign byte order": Fault(
        READING, '.newbyteorder("="),', '.newbyteorder(">"),', "test_descriptions_are_consistent", "byte order"
    ),
    "lying present": Fault(
        READING, COPIED, COPIED.replace("out[t - t0", "if t == 0: out[t - t0"), "test_out_is_filled", "are not written"
    ),
    "present boxes that overlap": Fault(
        READING, "return tuple(\n        Box(", "return 2 * tuple(\n        Box(", "test_present_boxes_are_disjoint", "overlaps"
    ),
    "present beyond the shape": Fault(
        READING, "Box(((i, i + 1)", "Box(((i, i + 9)", "test_present_boxes_are_disjoint", "is not inside"
    ),
    "foreign exception": Fault(
        READING, "            if end != self.file.size:", "            assert end == self.file.size\n            if False:",
        "test_truncated_is_refused", "no OmioError",
    ),
    "writes beside its source": Fault(
        READING, "        self.file.close()\n\n\nclass", "        self.file.close()\n        open(f'{self.members[0]}.index', 'w').close()\n\n\nclass",
        "test_file_is_unchanged", ".good.index",
    ),
    "touches its source": Fault(
        READING, OPENED, f"{OPENED}        __import__('os').utime(location)\n", "test_file_is_unchanged", "reading changed"
    ),
    "thread of its own": Fault(
        READING, READ, "        import threading\n        threading.Thread(target=print, args=('',), kwargs={'end': ''}).start()\n" + READ,
        "test_no_thread_is_started", "started",
    ),
    "members that are texts": Fault(
        READING, "= (location,), add", "= (str(location),), add", "test_descriptions_are_values", "no Location"
    ),
    "needs a local file": Fault(
        READING, OPENED, f"{OPENED}        open(location, 'rb').close()\n", "test_other_places_read_the_same", "location.open"
    ),
    "facts that hold the file": Fault(
        READING, "facts=partial(facts_of, json.dumps(header))", "facts=lambda: facts_of(json.dumps(header))",
        "test_descriptions_are_values", "pickle",
    ),
    "digests of other pixels": Fault(
        READING, "    def close(self):\n        \"\"\"Close the file.\"\"\"",
        "    def digests(self, image):\n        return ['00'] * 12\n\n    def close(self):\n        \"\"\"Close the file.\"\"\"",
        "test_digests_are_true", "the digests are not those",
    ),
}  # fmt: skip

FOLDER_READERS = {
    "a stamp that changes": Fault(
        READING, "self.listing.digest\n", "str(id(self))\n", "test_stamps_hold", "another in the second opening"
    ),
    "a stamp that holds still": Fault(
        READING, "self.listing.digest\n", "'good'\n", "test_stamps_hold", "the same after a file was added"
    ),
    "late absence without boxes": Fault(
        READING, ", boxes=tuple(absent))", ")", "test_other_places_read_the_same", "boxes="
    ),
    "claims a folder by its name": Fault(
        DOOR,
        "    document = probe.child",
        '    if probe.is_folder and probe.suffix == ".goods":\n        return Verdict(Match.EXACT, "its name")\n    document = probe.child',
        "test_sniff_declines_with_a_reason",
        "empty folder",
    ),
}

FILE_WRITERS = {
    "accepts reads pixels": Fault(
        DOOR, "    for image in images:\n", "    for image in images:\n        image.to_numpy()\n", "accept", "reads pixels"
    ),
    "accepts that answers True": Fault(
        DOOR, 'return Verdict(Match.EXACT, "whole or floating-point numbers")', "return True", "accept", "no Verdict"
    ),
    "accepts nothing at all": Fault(DOOR, "if not images:", "if images:", "accept", "takes no picture"),
    "write refuses what is accepted": Fault(
        WRITING, "    done, digests = 0, []", "    if len(images) > 1:\n        raise WriteError('one image, please')\n    done, digests = 0, []",
        "round_trip", "accepts and refuse take it",
    ),
    "refuse refuses what is written": Fault(
        WRITING, "    if request.options:\n        raise WriteError(f\"there is no option {next(iter(request.options))!r}\")",
        "    raise WriteError('no')", "round_trip", "and write writes it",
    ),
    "foreign exception of write": Fault(
        WRITING, "    done, digests = 0, []", "    assert len(images) == 1\n    done, digests = 0, []", "round_trip", "no OmioError"
    ),
    "no result": Fault(
        WRITING, "    return Written(digests=tuple(map(tuple, digests)) if request.digests else None)", "    return None",
        "round_trip", "no Written",
    ),
    "other pixels": Fault(WRITING, "    data = pixels", "    data = pixels[..., ::-1]", "round_trip", "with another value"),
    "samples that are lost": Fault(
        WRITING, "    samples = image.metadata.samples\n    facts", "    samples = 1\n    facts", "round_trip", "become 1, and no note says so"
    ),
    "a fact that is lost": Fault(
        WRITING, '        "name": None,\n        **header,', '        "name": None,', "round_trip", "PhysicalSizeX is lost"
    ),
    "a size that is invented": Fault(
        WRITING, '        "name": None,\n', '        "name": None,\n        "physical_size_x": 1.0,\n', "round_trip", "unknown stays unknown"
    ),
    "digests of other bytes": Fault(
        WRITING, "[plane_digest(plane) for", "[plane_digest(plane + 1) for", "round_trip", "not those of the pixels"
    ),
    "too few digests": Fault(WRITING, "tuple(map(tuple, digests)) if", "((),) if", "round_trip", "which has"),
    "a file beside": Fault(
        WRITING, "    done, digests = 0, []", "    open(path + '.tmp', 'w').close()\n    done, digests = 0, []", "round_trip", ".omio-part.tmp"
    ),
    "a file in the current folder": Fault(
        WRITING, "    done, digests = 0, []", "    open(request.name, 'w').close()\n    done, digests = 0, []", "round_trip", "current/kit-picture"
    ),
    "a folder instead of a file": Fault(
        WRITING, "    done, digests = 0, []", "    os.unlink(path)\n    os.mkdir(path)\n    return Written()\n    done, digests = 0, []",
        "round_trip", "leaves no file",
    ),
    "check that refuses all": Fault(
        WRITING, "    opened.close()\n", "    opened.close()\n    raise CorruptFileError('no')\n", "round_trip", "check refuses"
    ),
    "check that sees nothing": Fault(
        WRITING, "    opened = GoodFile(locate(path), 0)", "    return\n    opened = GoodFile(locate(path), 0)", "damage", "cut in half"
    ),
    "all pixels at once": Fault(
        WRITING, "pull(image.picture, blocks_of(image), encode, workers=request.workers)",
        "[(0, encode(0, image.to_numpy()))]", "work", "before it writes the first",
    ),
    "no progress": Fault(WRITING, "                    request.progress(done)", "                    pass", "work", "progress is called with"),
    "progress that decreases": Fault(
        WRITING, "                    request.progress(done)", "                    request.progress(image.nbytes - done)", "work", "decrease"
    ),
    "progress that ends early": Fault(
        WRITING, "                    request.progress(done)", "                    request.progress(done // 2)", "work", "progress ends with"
    ),
    "thread of a writer": Fault(
        WRITING, "    done, digests = 0, []", "    import threading\n    threading.Thread(target=int, name='mine').start()\n    done, digests = 0, []",
        "work", "starts the thread 'mine'",
    ),
    "digests that nobody asked for": Fault(WRITING, " if request.digests else None", "", "work", "digests=False"),
    "errors that are swallowed": Fault(
        WRITING, "                if request.progress is not None:\n                    request.progress(done)\n    return Written(digests",
        "                try:\n                    request.progress and request.progress(done)\n                except Exception:\n"
        "                    return Written()\n    return Written(digests",
        "stop", "as if all were written",
    ),
    "handle left open when stopped": Fault(
        WRITING, '    with open(path, "wb") as file:\n        file.write(b"GOOD"', '    os.open(path, os.O_WRONLY)\n    with open(path, "wb") as file:\n        file.write(b"GOOD"',
        "stop", "leaves a file open",
    ),
    "a date in the file": Fault(
        WRITING, '        "format": "good",', '        "format": "good",\n        "made": __import__("time").time_ns(),', "repeat", "other bytes"
    ),
}  # fmt: skip

FOLDER_WRITERS = {
    "a link in the folder": Fault(
        WRITING, PLANNED, f"    os.symlink('planes', os.path.join(path, 'link'))\n{PLANNED}", "round_trip", "makes the link link"
    ),
    "beside the folder": Fault(
        WRITING, PLANNED, f"    os.mkdir(path + '.lock')\n{PLANNED}", "round_trip", "leaves box/"
    ),
    "a file instead of a folder": Fault(
        WRITING, PLANNED, "    os.rmdir(path)\n    open(path, 'w').close()\n    return Written()\n" + PLANNED,
        "round_trip", "leaves no folder",
    ),
    "a folder whose check sees no missing plane": Fault(
        WRITING, "if exists(image, box) and (", "if False and (", "damage", "a folder without planes/"
    ),
    "a folder whose check fails": Fault(
        WRITING, "    if not location.child(\"picture.json\").exists:", "    open(os.path.join(path, 'picture.json')).close()\n    if False:",
        "damage", "FileNotFoundError",
    ),
}  # fmt: skip

pytestmark = pytest.mark.slow

WRITER_CHECKS = {
    "accept": lambda subject, folder: writing.accept_findings(subject),
    "round_trip": writing.round_trip_findings,
    "work": conduct.work_findings,
    "stop": conduct.stop_findings,
    "damage": conduct.damage_findings,
    "repeat": conduct.repeat_findings,
}


@pytest.fixture
def planted(tmp_path, monkeypatch):
    """A function that plants a fault; the packages are forgotten at the end."""
    monkeypatch.syspath_prepend(tmp_path)
    names = []

    def make(fault=None):
        name = f"omio_planted_{len(names)}"
        names.append(name)
        return plant(tmp_path, name, *(fault[:3] if fault is not None else ()))

    yield make
    for name in names:
        uproot(name)


def _found(findings) -> str:
    return "\n".join(str(finding) for finding in findings)


def _run(contract, name, folder) -> None:
    method = getattr(contract, name)
    folder.mkdir(exist_ok=True)
    method(*([folder] if inspect.signature(method).parameters else []))


def _cases(*tables):
    return [pytest.param(fault, id=name) for table in tables for name, fault in table.items()]


def test_there_are_enough_faults():
    tables = (MODULE, ANSWERS, READERS, FOLDER_READERS, FILE_WRITERS, FOLDER_WRITERS)
    assert sum(map(len, tables)) >= 100


def test_the_sound_plugin_has_no_finding(planted):
    report = check(planted())
    assert _found(report.findings) == ""
    assert report.checked[-1] == "annotations"
    assert len(report.checked) == 8


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_the_sound_readers_keep_the_contract(planted, tmp_path, kind):
    plugin = planted()
    reader, writer = (plugin.READER, plugin.WRITER) if kind == "file" else (plugin.FOLDER_READER, plugin.FOLDER_WRITER)
    contract = kit(reader, writer)
    names = checks_of(contract)
    assert len(names) > 20
    for name in names:
        _run(contract, name, tmp_path / name)


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_the_sound_writers_make_the_same_bytes(planted, tmp_path, kind):
    plugin = planted()
    writer = plugin.WRITER if kind == "file" else plugin.FOLDER_WRITER
    assert _found(conduct.repeat_findings(WriterSubject(writer=writer), tmp_path)) == ""


@pytest.mark.parametrize("fault", _cases(MODULE))
def test_a_fault_of_the_module_is_named(tmp_path, monkeypatch, fault):
    monkeypatch.syspath_prepend(tmp_path)
    installed = Catalogue(plugins=(Plugin(name="elsewhere", distribution="x", version="1", readers=(_taken(),)),))
    try:
        if fault.check == "import":
            (tmp_path / "omio_planted").mkdir()
            (tmp_path / "omio_planted").rmdir()
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("tests.core.testing.planting.importlib.import_module", lambda name: None)
                plant(tmp_path, "omio_planted", *fault[:3])
            found = _found(import_findings(candidate("omio_planted")))
        else:
            module = plant(tmp_path, "omio_planted", *fault[:3])
            with using(installed):
                found = _found(module_findings(candidate("omio_planted"), module))
    finally:
        uproot("omio_planted")
    assert fault.words in found


def _taken():
    from dataclasses import replace

    import omio_toy

    return replace(omio_toy.READER, name="taken")


@pytest.mark.parametrize("fault", _cases(ANSWERS))
def test_a_fault_of_an_answer_is_named(planted, fault):
    plugin = planted(fault)
    if fault.check == "policy":
        found = _found(policy_findings(plugin.POLICY))
    else:
        found = _found(f for reader in plugin.omio_readers() for f in sniff_findings(reader))
    assert fault.words.replace("\\", "") in found


@pytest.mark.parametrize("fault", _cases(READERS))
def test_a_fault_of_a_reader_is_named(planted, tmp_path, fault):
    sound, wrong = planted(), planted(fault)
    if fault.check == "test_no_handle_is_leaked" and not sys.platform.startswith("linux"):
        pytest.skip("open handles are counted on Linux")
    with pytest.raises((AssertionError, pytest.fail.Exception, TypeError, AttributeError), match=fault.words):
        _run(kit(wrong.READER, sound.WRITER), fault.check, tmp_path / "run")


@pytest.mark.parametrize("fault", _cases(FOLDER_READERS))
def test_a_fault_of_a_reader_of_folders_is_named(planted, tmp_path, fault):
    sound, wrong = planted(), planted(fault)
    with pytest.raises(AssertionError, match=fault.words):
        _run(kit(wrong.FOLDER_READER, sound.FOLDER_WRITER), fault.check, tmp_path / "run")


@pytest.mark.parametrize("fault", _cases(FILE_WRITERS))
def test_a_fault_of_a_writer_is_named(planted, tmp_path, fault):
    sound, wrong = planted(), planted(fault)
    subject = WriterSubject(writer=wrong.WRITER, reader=sound.READER)
    assert fault.words in _found(WRITER_CHECKS[fault.check](subject, tmp_path))


@pytest.mark.parametrize("fault", _cases(FOLDER_WRITERS))
def test_a_fault_of_a_writer_of_folders_is_named(planted, tmp_path, fault):
    sound, wrong = planted(), planted(fault)
    subject = WriterSubject(writer=wrong.FOLDER_WRITER, reader=sound.FOLDER_READER)
    assert fault.words in _found(WRITER_CHECKS[fault.check](subject, tmp_path))
