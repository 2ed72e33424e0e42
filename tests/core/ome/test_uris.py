"""Names of annotations as URIs: every name gives a valid document and comes back."""

from __future__ import annotations

from hypothesis import example, given, settings

from omio_core.metadata.facts import Facts
from tests.core.ome.written import ODD, again, legal, metadata, spaced


@settings(max_examples=300, deadline=None)
@given(namespace=ODD, key=ODD, value=ODD)
@example(namespace="http://a/b%20c#d", key="", value="")
@example(namespace="1a:b", key="k", value=" ")
@example(namespace="::", key="k", value="v")
@example(namespace="a:?:#[]#%", key="k", value="v")
@example(namespace="http://host:port/x", key="k", value="v")
@example(namespace="//a:b:c", key="k", value="v")
@example(namespace="http://h:4294967296/", key="k", value="v")
@example(namespace=" a  b ", key="k", value="v")
def test_odd_namespaces_are_valid(namespace: str, key: str, value: str) -> None:
    given = metadata(Facts(annotations={namespace: {key: value}}))
    found = again(given).annotations
    assert len(found) == 1 or namespace.startswith("omio/")
    if legal(namespace) == namespace and not namespace.startswith("omio/"):
        content = {spaced(key): legal(value).replace("\r\n", "\n").replace("\r", "\n")}
        assert found == {namespace or "MapAnnotation": content}
        assert again(metadata(Facts(annotations=found))).annotations == found
