"""Frozen records, made in a third of the time.

A start makes a hundred classes of records or more. The standard library writes and compiles up to
six methods for each, which costs 0.3 to 0.7 ms of CPU a class; :func:`dataclass` compiles
``__init__`` alone and takes the others ready made (docs/decisions/0082-first-frame.md has the
numbers). What it makes is a dataclass like any other, at run time and for type checkers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, FrozenInstanceError, fields
from dataclasses import dataclass as standard
from operator import attrgetter
from types import FunctionType
from typing import TYPE_CHECKING, Literal, TypeVar

if TYPE_CHECKING:
    from dataclasses import dataclass

__all__ = ["dataclass"]

_T = TypeVar("_T")
Values = Callable[[object], tuple[object, ...]]


def _dataclass(*, frozen: bool = False, slots: Literal[True]) -> Callable[[type[_T]], type[_T]]:
    """Make a class a dataclass with slots. A frozen one neither inherits from another nor has
    fields that are ``InitVar``, ``init=False`` or ``kw_only``.
    """
    if not frozen:
        return standard(slots=slots)

    def make(given: type[_T]) -> type[_T]:
        made = standard(init=False, repr=False, eq=False, slots=True)(given)
        every = {one.name: one for one in _fields(made)}
        values = _values_of([name for name, one in every.items() if one.compare])
        for name, method in {"__init__": _init(made, every), **_shared(made, values)}.items():
            if made.__dict__.get(name) is None:  # what the class brings itself stays
                setattr(made, name, method)
        return made

    return make


if not TYPE_CHECKING:
    dataclass = _dataclass


def _values_of(names: list[str]) -> Values:
    """Return what gives the values of an object's attributes, as a tuple."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda record: tuple(getattr(record, name) for name in names)


def _init(made: type, every: Mapping[str, Field[object]]) -> FunctionType:
    """Compile ``__init__``: it sets each slot by its own descriptor, past ``__setattr__``."""
    given: dict[str, object] = {"missing_": MISSING}
    parameters, body = [], []
    for name, one in every.items():
        given[f"set_{name}_"] = made.__dict__[name].__set__
        value = name
        if one.default is not MISSING:
            given[f"default_{name}_"] = one.default
            parameters.append(f"{name}=default_{name}_")
        elif one.default_factory is not MISSING:
            given[f"default_{name}_"] = one.default_factory
            parameters.append(f"{name}=missing_")
            value = f"default_{name}_() if {name} is missing_ else {name}"
        else:
            parameters.append(name)
        body.append(f"set_{name}_(self, {value})")
    if hasattr(made, "__post_init__"):
        body.append("self.__post_init__()")
    lines = "\n  ".join(body or ["pass"])
    source = (
        f"def make({', '.join(given)}):\n"
        f" def __init__(self, {', '.join(parameters)}):\n  {lines}\n"
        " return __init__"
    )
    space: dict[str, Callable[..., FunctionType]] = {}
    exec(source, vars(sys.modules[made.__module__]), space)  # noqa: S102 - names of fields alone
    init = space["make"](**given)
    init.__qualname__ = f"{made.__qualname__}.__init__"
    init.__annotations__ = {name: one.type for name, one in every.items()} | {"return": None}
    return init


def _shared(made: type, values: Values) -> dict[str, object]:
    """Return the methods that need no code of their own."""

    def equal(self: object, other: object) -> bool:
        return values(self) == values(other) if type(other) is made else NotImplemented

    def hashed(self: object) -> int:
        return hash(values(self))

    return {
        "__eq__": equal,
        "__hash__": hashed,
        "__repr__": _repr,
        "__setattr__": _set,
        "__delattr__": _delete,
        "__getstate__": _state,
        "__setstate__": _restore,
    }


def _repr(self: object) -> str:
    shown = (f"{f.name}={getattr(self, f.name)!r}" for f in _fields(self) if f.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _set(_self: object, name: str, _value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delete(_self: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: object) -> list[object]:
    return [getattr(self, f.name) for f in _fields(self)]


def _restore(self: object, state: list[object]) -> None:
    for field, value in zip(_fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


def _fields(record: object) -> tuple[Field[object], ...]:
    """Return the fields of a record, or of a class of records."""
    return fields(record)  # type: ignore[arg-type] # it is one
