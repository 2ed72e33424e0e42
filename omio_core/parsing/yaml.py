"""YAML from a file as plain values, guarded: no bomb, no key that stands twice, no type of its own; it knows no schema.

What is written is what is meant: scalars are those of YAML 1.2's core schema (yaml.org/spec/1.2.2, 10.3), so that
``no`` is a word, ``1:30`` and ``2024-05-01`` are texts and ``1e3`` a number, unlike in YAML 1.1. Anchors, aliases and
tags are refused: no settings need them, and aliases are how YAML bombs are made.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from omio_core.errors import LimitExceededError, MetadataError

if TYPE_CHECKING:
    import yaml

__all__ = ["DEEPEST", "MOST", "load"]

MOST = 1 << 20
"""Bytes of YAML that are parsed; whoever knows better gives less."""

DEEPEST = 32
"""Lists and mappings inside one another."""

_SCALARS = {
    "null": re.compile(r"(?:~|null|Null|NULL|)\Z"),
    "bool": re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"),
    "int": re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z"),
    "float": re.compile(
        r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"
    ),
}


def load(text: str | bytes, title: str = "YAML", *, most: int = MOST) -> Any:
    """The one document of a text, as str, int, float, bool, None, list and dict.

    Parameters
    ----------
    text
        Text, or bytes of UTF-8 or (with a byte order mark) UTF-16.
    title
        What it is called in an error.
    most
        Bytes it may have.

    Raises
    ------
    MetadataError
        It is malformed, nested deeper than `DEEPEST`, or has a key twice, an anchor, an alias, a tag, a key that is a
        list or a mapping, or several documents. The fact ``line`` says where, counted from 1.
    LimitExceededError
        It is longer than `most`.

    Examples
    --------
    >>> load("a: 1\\nb: [no, 1.5, ~]")
    {'a': 1, 'b': ['no', 1.5, None]}
    """
    size = len(text.encode("utf-8", "surrogatepass")) if isinstance(text, str) else len(text)
    if size > most:
        raise LimitExceededError(
            f"the {title} is too long", evidence=f"{size} bytes; at most {most}", remedy="see that it is the right file"
        )
    import yaml

    try:
        loader = _loader()(_decoded(text, title))
        return loader.get_single_data()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _malformed(
            title, error.problem or error.context or "", None if mark is None else mark.line + 1
        ) from error
    except yaml.YAMLError as error:  # a character that is none
        raise _malformed(title, str(error).partition("\n")[0], None) from error


def _decoded(text: str | bytes, title: str) -> str:
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    name = "utf-16" if text.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return text.decode(name)
    except UnicodeDecodeError as error:
        raise _malformed(title, f"it is no {name}: {error.reason}", text.count(b"\n", 0, error.start) + 1) from error


def _malformed(title: str, problem: str, line: int | None) -> MetadataError:
    where = "" if line is None else f" in line {line}"
    return MetadataError(f"the {title} is malformed{where}", evidence=problem, remedy="correct that line", line=line)


@cache
def _loader() -> Any:
    """The guarded loader: PyYAML's own in Python, because the one in C recurses as deep as a file tells it to."""
    import yaml

    class Plain(yaml.SafeLoader):
        depth = 0

        def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
            event: Any = self.peek_event()  # type: ignore[no-untyped-call]
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
                raise _refused("anchors and aliases are refused", event.start_mark)
            if getattr(event, "tag", None) is not None:
                raise _refused(f"the tag {event.tag} is refused", event.start_mark)
            if isinstance(event, yaml.CollectionStartEvent) and self.depth >= DEEPEST:
                raise _refused(f"nested deeper than {DEEPEST}", event.start_mark)
            self.depth += 1
            node: yaml.Node | None = super().compose_node(parent, index)
            self.depth -= 1
            return node

        def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node)
            if isinstance(node, yaml.SequenceNode):
                return [self.construct_object(one) for one in node.value]
            return _scalar(node)

        def _mapping(self, node: yaml.MappingNode) -> dict[Any, Any]:
            found: dict[Any, Any] = {}
            for key, value in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    raise _refused("a key is a list or a mapping", key.start_mark)
                name = _scalar(key)
                if name in found:
                    raise _refused(f"the key {name!r} stands twice", key.start_mark)
                found[name] = self.construct_object(value)
            return found

    return Plain


def _scalar(node: yaml.Node) -> Any:
    text: str = node.value
    if getattr(node, "style", None) is not None:  # quoted, or a block: text
        return text
    kind = next((name for name, form in _SCALARS.items() if form.match(text)), "str")
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind == "int":
        if len(text) > 100:
            raise _refused("a whole number of more than 100 digits", node.start_mark)
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    if kind == "float":
        return float(
            text.replace(".inf", "inf").replace(".Inf", "inf").replace(".INF", "inf").lower().replace(".nan", "nan")
        )
    return text


def _refused(problem: str, mark: Any) -> yaml.MarkedYAMLError:
    import yaml

    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)
