"""Parse YAML from a file safely to plain values; it knows no schema.

Scalars are those of YAML 1.2's core schema (yaml.org/spec/1.2.2, 10.3): ``no`` is a word, ``1:30`` and ``2024-05-01``
are texts and ``1e3`` is a number, unlike in YAML 1.1. A key that occurs twice is refused. So are anchors, aliases and
tags: no settings need them, and YAML bombs are made of aliases.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from omio_core.errors import LimitExceededError, MetadataError

if TYPE_CHECKING:
    import yaml

__all__ = ["DEEPEST", "MOST", "parse_scalar", "parse_yaml"]

MOST = 1 << 20
"""The default limit of bytes; a caller that expects less passes a lower limit."""

DEEPEST = 32
"""The limit of lists and mappings nested in each other."""

_SCALARS = {
    "null": re.compile(r"(?:~|null|Null|NULL|)\Z"),
    "bool": re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"),
    "int": re.compile(r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z"),
    "float": re.compile(
        r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"
    ),
}


def parse_yaml(text: str | bytes, title: str = "YAML", *, most: int = MOST) -> Any:
    """Parse the single document of a text to str, int, float, bool, None, list and dict.

    Parameters
    ----------
    text
        Text, or bytes of UTF-8 or (with a byte order mark) UTF-16.
    title
        The name of the text in errors.
    most
        The limit of bytes.

    Raises
    ------
    MetadataError
        The text is malformed, nests deeper than `DEEPEST`, or contains a key twice, an anchor, an alias, a tag, a key
        that is a list or a mapping, or several documents. The fact ``line`` is its line, counted from 1.
    LimitExceededError
        The text is longer than `most`.

    Examples
    --------
    >>> parse_yaml("a: 1\\nb: [no, 1.5, ~]")
    {'a': 1, 'b': ['no', 1.5, None]}
    """
    size = len(text.encode("utf-8", "surrogatepass")) if isinstance(text, str) else len(text)
    if size > most:
        raise LimitExceededError(
            f"the {title} is too long", evidence=f"{size} bytes; at most {most}", remedy="see that it is the right file"
        )
    import yaml

    try:
        loader = _loader()(_decode(text, title))
        return loader.get_single_data()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _malformed_error(
            title, error.problem or error.context or "", None if mark is None else mark.line + 1
        ) from error
    except yaml.YAMLError as error:  # a character that YAML does not allow
        raise _malformed_error(title, str(error).partition("\n")[0], None) from error


def parse_scalar(text: str) -> Any:
    """Return the value of a text as YAML reads a single value: a number, True, False, None, or the text itself.

    A text in quotes is what the quotes contain. Nothing else has a meaning: a "#", a ":" or a "[" is a part of the
    text.

    Raises
    ------
    MetadataError
        It is a whole number of more than 100 digits, or what is between the quotes is malformed.

    Examples
    --------
    >>> parse_scalar("true"), parse_scalar("0.5"), parse_scalar("'3'"), parse_scalar("a: b #1")
    (True, 0.5, '3', 'a: b #1')
    """
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return parse_yaml(text, "text in quotes")
    plain = any(form.match(text) for form in _SCALARS.values())
    return parse_yaml(text, "value") if plain else text


def _decode(text: str | bytes, title: str) -> str:
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    name = "utf-16" if text.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return text.decode(name)
    except UnicodeDecodeError as error:
        raise _malformed_error(
            title, f"it is no {name}: {error.reason}", text.count(b"\n", 0, error.start) + 1
        ) from error


def _malformed_error(title: str, problem: str, line: int | None) -> MetadataError:
    where = "" if line is None else f" in line {line}"
    return MetadataError(f"the {title} is malformed{where}", evidence=problem, remedy="correct that line", line=line)


@cache
def _loader() -> Any:
    """The safe loader; based on PyYAML's in Python, because the one in C recurses as deep as the file nests."""
    import yaml

    class Plain(yaml.SafeLoader):
        depth = 0

        def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
            event: Any = self.peek_event()  # type: ignore[no-untyped-call]
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
                raise _refusal("anchors and aliases are refused", event.start_mark)
            if getattr(event, "tag", None) is not None:
                raise _refusal(f"the tag {event.tag} is refused", event.start_mark)
            if isinstance(event, yaml.CollectionStartEvent) and self.depth >= DEEPEST:
                raise _refusal(f"nested deeper than {DEEPEST}", event.start_mark)
            self.depth += 1
            node: yaml.Node | None = super().compose_node(parent, index)
            self.depth -= 1
            return node

        def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node)
            if isinstance(node, yaml.SequenceNode):
                return [self.construct_object(item) for item in node.value]
            return _scalar(node)

        def _mapping(self, node: yaml.MappingNode) -> dict[Any, Any]:
            values: dict[Any, Any] = {}
            for key, value in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    raise _refusal("a key is a list or a mapping", key.start_mark)
                name = _scalar(key)
                if name in values:
                    raise _refusal(f"the key {name!r} stands twice", key.start_mark)
                values[name] = self.construct_object(value)
            return values

    return Plain


def _scalar(node: yaml.Node) -> Any:
    text: str = node.value
    if getattr(node, "style", None) is not None:  # quoted, or a block: a text
        return text
    kind = next((name for name, form in _SCALARS.items() if form.match(text)), "str")
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind == "int":
        if len(text) > 100:
            raise _refusal("a whole number of more than 100 digits", node.start_mark)
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    if kind == "float":
        return float(
            text.replace(".inf", "inf").replace(".Inf", "inf").replace(".INF", "inf").lower().replace(".nan", "nan")
        )
    return text


def _refusal(problem: str, mark: Any) -> yaml.MarkedYAMLError:
    import yaml

    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)
