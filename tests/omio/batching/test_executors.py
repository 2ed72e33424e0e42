"""Jobs in processes of their own, jobs that die or hang, and jobs that are tried again."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

import omio
from omio.batching.executors import start
from omio.planning.plan import Plan
from omio_core.errors import BatchError, CorruptFileError, ReadError

from .projects import OUTPUTS, RULES, pixels


def troubled(image: Any, metadata: dict[str, Any], record: Any) -> Any:
    """Kills its process for one image, hangs for another, and returns the rest."""
    name = f"{record.subject_id}/{record.image_path.name}"
    if name == "sub-02/image.tif":
        os.kill(os.getpid(), signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    if name == "sub-01/image2.tif":
        time.sleep(600)
    return image, metadata


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_processes_do_the_same_and_trouble_stays_with_its_job(root: Path, tmp_path: Path) -> None:
    """One that dies and one that hangs fail alone; the next run makes what is missing, and nothing else."""
    out = tmp_path / "troubled"
    report = omio.batch(root, RULES, out=out, job=f"{__name__}:troubled", executor=2, timeout=25)
    texts = {Path(source).parts[-3] + "/" + Path(source).name: error for source, error in report.failed.items()}
    assert set(texts) == {"sub-02/image.tif", "sub-01/image2.tif"}
    assert "process" in texts["sub-02/image.tif"]["what"]
    assert "longer than 25 s" in texts["sub-01/image2.tif"]["what"]
    assert sorted(pixels(out)) == sorted([OUTPUTS[0], OUTPUTS[1], OUTPUTS[2]])

    whole = omio.batch(root, RULES, executor=2)
    assert whole.summary() == "5 written, 0 up to date, 0 failed, 0 left out"
    assert [str(path.relative_to(whole.out)) for path in whole.written] == list(OUTPUTS)
    assert pixels(root / "omio_converted") == dict(zip(OUTPUTS, ([1], [2, 3], [4], [5], [6]), strict=True))
    assert omio.batch(root, RULES).written == []


@pytest.mark.parametrize(("executor", "timeout"), [("threads", None), (0, None), (True, None), (None, 5), (2, 0)])
def test_an_executor_that_cannot_be(executor: Any, timeout: float | None) -> None:
    """It says which there are."""
    with pytest.raises(BatchError, match="executor|timeout|cannot be ended"), start(executor, timeout):  # noqa: RUF043
        pass


@pytest.mark.parametrize(
    ("error", "attempts"), [(ReadError("gone"), 3), (OSError("gone"), 3), (CorruptFileError("cut short"), 1)]
)
def test_what_may_pass_is_tried_again(
    root: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, attempts: int
) -> None:
    """As often as is said, and no file that is damaged."""
    tries: list[int] = []
    original = Plan.run

    def refuse(plan: Plan, **keywords: Any) -> Any:
        if plan.outputs[0].inputs[0].path.endswith("image1.tif"):
            tries.append(1)
            raise error
        return original(plan, **keywords)

    monkeypatch.setattr(Plan, "run", refuse)
    report = omio.batch(root, RULES, retries=2)
    (job,) = [job for job in report.jobs if job.status == "failed"]
    assert len(tries) == job.attempts == attempts
    assert len(report.written) == 4


def test_a_share_that_comes_back_costs_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second attempt does it."""
    original, failures = Plan.run, [OSError("away")]

    def once(plan: Plan, **keywords: Any) -> Any:
        if failures:
            raise failures.pop()
        return original(plan, **keywords)

    monkeypatch.setattr(Plan, "run", once)
    report = omio.batch(root, RULES)
    assert report.ok
    assert [job.attempts for job in report.jobs] == [2, 1, 1, 1, 1]
