"""A little HTML: elements as values, every text escaped, nothing else possible.

A str is always text. Only what :func:`el` made is markup, so no text of a model, lane or person
can become an element, an attribute or a script.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from workbench.text import visible

_VOID = frozenset({"meta", "br"})
_ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-:ABCDEFGHIJKLMNOPQRSTUVWXYZ")

Attribute = str | float | bool | None


class Markup:
    """Finished markup. Made by :func:`el` and :func:`trusted` alone."""

    __slots__ = ("html",)

    def __init__(self, html: str) -> None:
        self.html = html


Node = Markup | str | None


def text(value: str) -> str:
    """Return *value* as the text of a page: made visible, then escaped, quotes included."""
    return escape(visible(value), quote=True)


def el(tag: str, *children: Node | Iterable[Node], **attributes: Attribute) -> Markup:
    """Return an element. ``class_`` stands for ``class``, ``_`` within a name for ``-``.

    None and False leave an attribute or a child out; True writes the attribute's name alone.

    Raises:
        ValueError: the name of the tag or an attribute is none.
    """
    parts = [f"<{_name(tag)}"]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        name = _name(key.rstrip("_").replace("_", "-"))
        if value is True:
            parts.append(f" {name}")
        else:
            shown = f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else value
            parts.append(f' {name}="{text(str(shown))}"')
    parts.append(">")
    if tag not in _VOID:
        parts.append(join(*children).html)
        parts.append(f"</{tag}>")
    return Markup("".join(parts))


def join(*children: Node | Iterable[Node]) -> Markup:
    """Return nodes one after another."""
    parts: list[str] = []
    for child in children:
        if child is None:
            continue
        if isinstance(child, Markup):
            parts.append(child.html)
        elif isinstance(child, str):
            parts.append(text(child))
        else:
            parts.append(join(*child).html)
    return Markup("".join(parts))


def trusted(html: str) -> Markup:
    """Return markup that is a file of this program (the style sheet); never anything else."""
    return Markup(html)


def _name(name: str) -> str:
    if not name or not set(name) <= _ALLOWED:
        raise ValueError(f"{name!r} is no name of a tag or attribute")
    return name
