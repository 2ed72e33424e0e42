"""What turns out to be absent late: by a function that is asked once, or while pixels are read; and who is told."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from omio_toy_late import READER, asked, late, write_late

from omio_core.errors import AbsentDataError, AbsentPlanesWarning, CorruptFileError, PluginContractError
from omio_core.images.image import Image
from omio_core.images.opening import open_source
from omio_core.images.overrides import Request
from omio_core.merging.merge import merge
from omio_core.pixels import findings
from omio_core.pixels.findings import Findings
from omio_core.policies import Policies

SHAPE = (3, 2, 4, 5)
PIXELS = (np.arange(120) + 1).reshape(SHAPE).astype("u2")
THERE = [[[0, 1], [0, 2], [0, 4], [0, 5]], [[2, 3], [1, 2], [0, 2], [0, 5]]]
GONE = [[[1, 2], [0, 1], [0, 4], [0, 5]], [[2, 3], [1, 2], [2, 4], [3, 5]]]


@pytest.fixture
def make(catalogue, tmp_path):
    """A function that writes images into a file that is read late, and opens it with a policy."""
    catalogue(READER)

    def opened(*images, policy="warn", name="a.late"):
        path = write_late(tmp_path / name, *images)
        return open_source(path, Request(policies=Policies(absent_planes=policy)))

    return opened


def asked_wanted(fill):
    wanted = np.full(SHAPE, fill, "u2")
    wanted[0], wanted[2, 1, :2] = PIXELS[0], PIXELS[2, 1, :2]
    return wanted[:, :, None]


def late_wanted(fill):
    wanted = PIXELS.copy()
    wanted[1, 0] = fill
    wanted[2, 1, 2:, 3:] = fill
    return wanted[:, :, None]


def test_a_function_is_asked_at_the_first_read_and_once(make):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        source = make(late(SHAPE, ask=THERE, fill=7))
        one = source.images[0]
        _ = one.metadata, repr(one), one.at(T=0), merge([one, one], "T"), pickle.dumps(one)
    assert asked(source.path) == 0, "neither opening nor describing asks"
    with pytest.warns(AbsentPlanesWarning) as told:
        assert np.array_equal(one.to_numpy(), asked_wanted(7))
    for words in (source.path, "image 0: 58.3 % of the pixels are absent", "T1 Z0 C0, T1 Z1 C0", "filled with 7"):
        assert words in str(told[0].message)
    assert len(told) == 1
    assert told[0].message.path == source.path
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(one[1:], asked_wanted(7)[1:])
        assert np.array_equal(one.at(T=2).to_numpy(), asked_wanted(7)[2:])
        assert "absent" in one.explain()
    assert asked(source.path) == 1


def test_a_function_is_asked_when_an_image_is_explained(make):
    one = make(late(SHAPE, ask=THERE)).images[0]
    with pytest.warns(AbsentPlanesWarning):
        assert "58.3 % of the pixels are absent" in one.explain()


def test_each_level_is_asked_for_itself_and_one_warning_tells(make):
    source = make(late(SHAPE, ask=[], levels=2), late(SHAPE, ask=[]))
    with pytest.warns(AbsentPlanesWarning, match="absent.* of level 1; filled with 0"):
        assert not source.images[0].level(1).to_numpy().any()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not source.images[0].level(1).to_numpy().any()
        assert asked(source.path) == 1
        assert not source.images[0].to_numpy().any()
        assert not source.images[1].to_numpy().any()
    assert asked(source.path) == 3


def test_a_policy_forbids_before_a_pixel_is_read(make, monkeypatch):
    source = make(late(SHAPE, ask=THERE), policy="raise")
    one = source.images[0]
    monkeypatch.setattr("omio_toy_late.Late.read_into", None)  # a read would fail otherwise
    for read in (one.to_numpy, lambda: one[0], one.explain, one.at(T=0).to_numpy, one.to_dask().compute):
        with pytest.raises(AbsentDataError, match="does not hold all its planes") as caught:
            read()
        assert caught.value.path == source.path
        assert list(caught.value.absent) == [0]
        assert 'absent_planes="warn"' in caught.value.remedy
    assert asked(source.path) == 1


def test_a_policy_accepts_in_silence(make):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asks = make(late(SHAPE, ask=THERE, fill=3), policy="accept").images[0]
        assert np.array_equal(asks.to_numpy(), asked_wanted(3))
        found = make(late(SHAPE, late=GONE, fill=3), policy="accept", name="b.late").images[0]
        assert np.array_equal(found.to_numpy(), late_wanted(3))


def test_a_function_may_say_that_everything_exists(make):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for number, image in enumerate(
            (late(SHAPE, ask=[[[0, n] for n in SHAPE]]), late(SHAPE, ask=[], answer="none"))
        ):
            one = make(image, policy="raise", name=f"{number}.late").images[0]
            assert np.array_equal(one.to_numpy()[:, :, 0], PIXELS)
            assert one.picture.present is None


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        ("fails", CorruptFileError, "cannot be described\n.*the reader late raised KeyError"),
        ("list", PluginContractError, "image 0, level 0: present is a list"),
        ("outside", PluginContractError, "not inside the shape"),
        ("overlap", PluginContractError, "overlap"),
    ],
)
def test_a_function_that_answers_wrongly(make, answer, kind, words):
    one = make(late(SHAPE, ask=[], answer=answer)).images[0]
    for _ in range(2):
        with pytest.raises(kind, match=words) as caught:
            one.to_numpy()
        assert caught.value.reader == "late"


def test_many_threads_ask_once_and_warn_once(make):
    source = make(late(SHAPE, ask=THERE), late(SHAPE, late=GONE))
    copies = [pickle.loads(pickle.dumps(source.images[n % 2])) for n in range(16)]
    gate = threading.Barrier(8)

    def read(one):
        gate.wait(timeout=20)
        return one.to_numpy()

    with pytest.warns(AbsentPlanesWarning) as told, ThreadPoolExecutor(8) as pool:
        results = list(pool.map(read, copies))
    for number, pixels in enumerate(results):
        assert np.array_equal(pixels, late_wanted(0) if number % 2 else asked_wanted(0))
    assert asked(source.path) == 1
    assert len(told) == 1


def test_what_is_found_absent_while_reading_gets_the_fill_value(make):
    source = make(late(SHAPE, late=GONE, fill=9))
    one = source.images[0]
    with pytest.warns(AbsentPlanesWarning) as told:
        assert np.array_equal(one.to_numpy(), late_wanted(9))
    assert len(told) == 1
    text = str(told[0].message)
    assert text.startswith(f"{source.path}: image 0: pixels are absent, first in the planes T")
    assert "filled with 9" in text
    assert one.picture.found_absent() == [(1, 0, 0), (2, 1, 0)]
    assert one.picture.present is None, "it is not known beforehand"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(one.to_dask().compute(), late_wanted(9))
        out = np.empty(one.shape, "f8")
        assert np.array_equal(one.to_numpy(out), late_wanted(9)), "cast as pixels are"
        region = one.at(T=slice(2, 3), X=slice(2, 5))
        assert np.array_equal(region.to_numpy(), late_wanted(9)[2:3, ..., 2:5])
    assert region.picture.found_absent() == [(0, 1, 0)]


def test_what_is_found_absent_while_reading_may_be_forbidden(make):
    source = make(late(SHAPE, late=GONE), policy="raise")
    one = source.images[0]
    assert np.array_equal(one[0], PIXELS[0][:, None]), "what exists is read"
    for read in (one.to_numpy, lambda: one[1, 0], one.to_dask().compute):
        with pytest.raises(AbsentDataError, match="does not hold all its planes") as caught:
            read()
        assert 'absent_planes="warn"' in caught.value.remedy
        assert isinstance(caught.value.__cause__, AbsentDataError), "what the reader said"
    assert "T1 Z0 C0" in caught.value.absent[0] or "T2 Z1 C0" in caught.value.absent[0]


@pytest.mark.parametrize(
    ("answer", "words"),
    [("none", "boxes=None"), ("empty", r"boxes=\(\)"), ("list", r"boxes=\[\]"), ("outside", "boxes=.*99")],
)
def test_absence_without_its_place_is_the_readers_fault(make, answer, words):
    one = make(late(SHAPE, late=GONE, answer=answer), policy="accept").images[0]
    with pytest.raises(PluginContractError, match="does not say which pixels") as caught:
        one.to_numpy()
    assert words.split("=")[0] in caught.value.evidence
    assert (caught.value.reader, caught.value.image, caught.value.level) == ("late", 0, 0)


def test_samples_and_folded_axes_are_found_absent_too(make):
    rgb = make(
        late((2, 4, 5, 3), "CYXS", dtype="u1", late=[[[1, 2], [0, 4], [0, 5], [0, 3]]], fill=255), policy="accept"
    )
    pixels = rgb.images[0].to_numpy()
    assert pixels.shape == (1, 1, 6, 4, 5)
    assert (pixels[:, :, 3:] == 255).all()
    assert (pixels[:, :, :3] < 255).all()
    assert rgb.images[0].picture.found_absent() == [(0, 0, 3), (0, 0, 4), (0, 0, 5)]
    assert (rgb.images[0][0, 0, 4] == 255).all(), "one sample of a pixel"


def test_a_merge_keeps_each_fill_value_and_pads_with_0(make):
    first = make(late(SHAPE, ask=THERE, fill=7)).images[0]
    second = make(late((1, 2, 3, 5), late=[[[0, 1], [0, 1], [0, 3], [0, 5]]], fill=8), name="b.late").images[0]
    whole = merge([first, second], "T", shapes="pad", dtypes="strict")
    with pytest.warns(AbsentPlanesWarning) as told:
        pixels = whole.to_numpy()
    assert np.array_equal(pixels[:3], asked_wanted(7))
    assert (pixels[3, 0, 0, :3] == 8).all()
    assert (pixels[3, :, 0, 3] == 0).all(), "padding is no pixel of any file"
    assert len(told) == 2, "each source once"
    assert whole.picture.found_absent() == [(1, 0, 0), (1, 1, 0), (2, 0, 0), (2, 1, 0), (3, 0, 0)]
    with pytest.raises(IndexError):
        whole.level(1)


def test_a_task_in_another_process_behaves_alike(make, tmp_path):
    """The policy and the fill value travel; each process asks once, and does not warn where the user was warned."""
    source = make(late(SHAPE, ask=THERE, fill=7), late(SHAPE, late=GONE, fill=7))
    strict = make(late(SHAPE, ask=THERE), name="strict.late", policy="raise")
    with pytest.warns(AbsentPlanesWarning):
        source.images[0].to_numpy()
    parcel = tmp_path / "images.pickle"
    parcel.write_bytes(pickle.dumps([pickle.dumps(one) for one in (*source.images * 2, strict.images[0])]))
    here = asked(source.path)
    code = f"""
import pickle, sys, warnings
sys.path[:0] = [{str(Path(__file__).parents[1] / "toy")!r}, {str(Path(__file__).parents[3])!r}]
import numpy as np
import omio_toy_late
from omio_core.contract import AbsentDataError, Policy
from omio_core.plugins import catalogue
from omio_core.plugins.catalogue import Catalogue
rules = [Policy(kind="absent_planes", name=n, decide=lambda case, n=n: n, summary="") for n in ("warn", "raise")]
parts = pickle.loads(open({str(parcel)!r}, "rb").read())
warnings.simplefilter("error")
with catalogue.using(Catalogue(readers=(omio_toy_late.READER,), policies=tuple(rules))):
    sums = [int(pickle.loads(part).to_numpy().sum()) for part in parts[:4]]
    try:
        pickle.loads(parts[4]).to_numpy()
    except AbsentDataError as error:
        print(sums, "refused", error.path.endswith("strict.late"))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    sums = [int(wanted(7).astype(int).sum()) for wanted in (asked_wanted, late_wanted)]
    assert done.stdout.strip() == f"{sums * 2} refused True", done.stderr
    assert asked(source.path) == here + 1


def test_findings_are_the_same_object_within_a_process():
    one = Findings(path="/a", reader="late", policy="accept")
    assert pickle.loads(pickle.dumps(one)) is one
    parcel, token = pickle.dumps(one), one._token
    del one
    assert token not in findings._known, "nothing keeps them"
    again = pickle.loads(parcel)
    assert (again.path, again.reader, again.policy) == ("/a", "late", "accept")
    del again
    assert pickle.loads(parcel) is findings._known[token], "kept from one task to the next"


def test_a_warning_that_is_made_an_error_is_raised_at_every_read(make):
    one = make(late(SHAPE, ask=THERE)).images[0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            with pytest.raises(AbsentPlanesWarning):
                one.to_numpy()


def test_an_array_finds_nothing_absent():
    assert Image.of_array(PIXELS, axes="TZYX").picture.found_absent() == ()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_lock_that_a_thread_holds_does_not_stop_a_forked_child():
    one = Findings(path="/a", reader="late")
    held, done = threading.Event(), threading.Event()

    def hold():
        with one._lock:
            held.set()
            done.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(20)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of a fork in a process with threads
        child = os.fork()
    if child == 0:
        os._exit(0 if one._lock.acquire(timeout=5) else 1)
    done.set()
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
