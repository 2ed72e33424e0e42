"""The plugin border: which exceptions become errors of OMIO, and which pass."""

from __future__ import annotations

import pytest

from omio_core.errors import CorruptFileError, OmioError, PluginContractError
from omio_core.metadata.facts import Channel, Fact, Facts
from omio_core.plugins.border import Border, reader_border


def test_a_foreign_exception_becomes_an_error_with_its_cause() -> None:
    with (
        pytest.raises(PluginContractError, match="it broke") as caught,
        Border("it broke", remedy="mend it", plugin="x"),
    ):
        raise ValueError("seven")
    assert caught.value.evidence == "ValueError: seven"
    assert caught.value.remedy == "mend it"
    assert caught.value.plugin == "x"
    assert isinstance(caught.value.__cause__, ValueError)


def test_what_passes() -> None:
    """OMIO's own errors, those that are named, and what is no Exception, such as an interrupt."""
    own = OmioError("as it is")
    with pytest.raises(OmioError) as caught, Border("it broke"):
        raise own
    assert caught.value is own
    with pytest.raises(OSError, match="disk"), Border("it broke", passed=(OSError,)):
        raise OSError("disk")
    with pytest.raises(KeyboardInterrupt), Border("it broke"):
        raise KeyboardInterrupt
    with Border("it broke"):
        value = 7
    assert value == 7


def test_the_border_of_a_reader_names_reader_and_path() -> None:
    with pytest.raises(CorruptFileError, match=r"a\.x cannot be opened") as caught, reader_border("x", "a.x", "opened"):
        raise RuntimeError("no")
    assert caught.value.evidence == "the reader x raised RuntimeError: no"
    assert (caught.value.reader, caught.value.path) == ("x", "a.x")


def test_the_border_of_a_reader_tells_a_wrong_use_of_the_contract_from_a_damaged_file() -> None:
    wrong = {
        "no Fact; write Fact": lambda: Facts(physical_size_x=0.834),  # type: ignore[arg-type]
        "the origins are file, sidecar": lambda: Fact(0.834, "header"),
        "unexpected keyword argument 'size'": lambda: Facts(size=0.834),  # type: ignore[call-arg]
        "takes 1 positional argument": lambda: Channel("GFP"),  # type: ignore[misc]
    }
    for words, make in wrong.items():
        with pytest.raises(PluginContractError, match=words) as caught, reader_border("x", "a.x", "described"):
            make()
        assert "(test_border.py, line " in caught.value.evidence
        assert "the fault is in the reader x, not in the file" in caught.value.remedy
        assert (caught.value.reader, caught.value.path) == ("x", "a.x")


def test_other_errors_of_types_are_errors_of_the_file() -> None:
    with pytest.raises(CorruptFileError), reader_border("x", "a.x", "described"):
        float(None)  # type: ignore[arg-type]
