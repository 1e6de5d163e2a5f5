"""The language of rules: Python-like expressions over the fields of a JSON answer.

Only what is listed here can stand in a rule; it is read once, when the rule is written, and
evaluated by simpleeval, whose limits on powers, lengths and loops are joined by one on steps.
Values are JSON only: there are no methods and no attributes but the keys of objects.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

import re2
import simpleeval

from workbench.checks.charsets import quiet
from workbench.checks.json_value import JsonValue, identity
from workbench.errors import CheckSyntaxError
from workbench.records import dataclass

MAX_LENGTH = 2_000
MAX_STEPS = 100_000
WHOLE = "answer"
"""The name of the whole JSON value."""

Path = tuple[str | int, ...]


class Missing:
    """Stands for a field that the answer does not have."""


MISSING = Missing()

_NODES = (
    *(ast.Expression, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.UAdd),
    *(ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow),
    *(ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn),
    *(ast.IfExp, ast.Call, ast.Name, ast.Load, ast.Store, ast.Constant, ast.Attribute),
    *(ast.Subscript, ast.List, ast.Tuple, ast.ListComp, ast.GeneratorExp, ast.comprehension),
)
_CONSTANTS: Mapping[str, JsonValue] = {"true": True, "false": False, "null": None}


class RuleFailed(Exception):
    """The rule cannot be computed from this answer; the message says why."""


class RuleTooCostly(Exception):
    """The rule needs more steps than it may take."""


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise RuleFailed("a text is needed")
    return value


def _modulo(left: object, right: object) -> object:
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left % right
    raise RuleFailed("% needs numbers")


def _round(value: float, digits: int = 0) -> float:
    return round(value, max(-20, min(digits, 20)))


def _close(left: float, right: float, tolerance: float = 1e-9) -> bool:
    return abs(left - right) <= tolerance * max(1.0, abs(left), abs(right))


def _matches(text: object, pattern: object) -> bool:
    try:
        found = re2.search(_text(pattern), _text(text), quiet())
    except re2.error as error:
        raise RuleFailed(f"{pattern!r} is not a pattern RE2 reads") from error
    return found is not None


def _unique(items: list[JsonValue]) -> bool:
    return len(set(map(identity, items))) == len(items)


FUNCTIONS: Mapping[str, Callable[..., object]] = {
    "len": len,
    "sum": sum,
    "min": min,
    "max": max,
    "abs": abs,
    "round": _round,
    "all": all,
    "any": any,
    "close": _close,
    "unique": _unique,
    "lower": lambda text: _text(text).lower(),
    "upper": lambda text: _text(text).upper(),
    "starts": lambda text, start: _text(text).startswith(_text(start)),
    "ends": lambda text, end: _text(text).endswith(_text(end)),
    "matches": _matches,
    "exists": lambda value: not isinstance(value, Missing),
}
"""What a rule can call. ``exists`` is the one function that may be given a missing field."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that was read: its source, and the paths of all fields it names."""

    source: str
    tree: ast.expr
    paths: tuple[Path, ...]

    def holds(self, fields: Mapping[Path, JsonValue | Missing]) -> bool:
        """Return whether the rule holds for these fields, one for each path.

        Raises:
            RuleFailed: a field is missing, or the values do not fit the operations.
            RuleTooCostly: it takes too many steps.
        """
        return _Evaluator(fields).holds(self.tree)


class _Evaluator(simpleeval.EvalWithCompoundTypes):  # type: ignore[misc] # has no types
    def __init__(self, fields: Mapping[Path, JsonValue | Missing]) -> None:
        operators = {**simpleeval.DEFAULT_OPERATORS, ast.Mod: _modulo}
        super().__init__(operators=operators, functions=dict(FUNCTIONS), names={})
        # simpleeval adds constructors of its own.
        self.functions = dict(FUNCTIONS)
        self.nodes[ast.Name] = self._name
        self.nodes[ast.Attribute] = self._field
        self.nodes[ast.Subscript] = self._field
        self.nodes[ast.Call] = self._function
        self._fields = fields
        self._steps = 0

    def holds(self, tree: ast.expr) -> bool:
        try:
            return bool(self._present(self._eval(tree)))
        except (simpleeval.NumberTooHigh, simpleeval.IterableTooLong, OverflowError) as error:
            raise RuleTooCostly(str(error)) from error
        except (TypeError, ValueError, ArithmeticError, simpleeval.InvalidExpression) as error:
            raise RuleFailed(str(error)) from error

    def _eval(self, node: ast.AST) -> object:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise RuleTooCostly(f"the rule takes more than {MAX_STEPS} steps")
        value: object = super()._eval(node)
        return value

    def _present(self, value: object) -> object:
        if isinstance(value, Missing):
            raise RuleFailed("a field that the rule names is missing")
        return value

    def _name(self, node: ast.Name) -> object:
        if node.id in _CONSTANTS:
            return _CONSTANTS[node.id]
        path: Path = () if node.id == WHOLE else (node.id,)
        if path not in self._fields:
            raise RuleFailed(f"{node.id} is not known here")
        return self._known(path, node.id)

    def _known(self, path: Path, text: str) -> object:
        value = self._fields[path]
        if isinstance(value, Missing):
            raise RuleFailed(f"the answer has no field {text}")
        return value

    def _field(self, node: ast.Attribute | ast.Subscript) -> object:
        path = _path(node)
        if path is not None and path in self._fields:
            return self._known(path, ast.unparse(node))
        inside = self._eval(node.value)
        key = node.attr if isinstance(node, ast.Attribute) else self._eval(node.slice)
        found = step(inside, key)
        if isinstance(found, Missing):
            raise RuleFailed(f"there is no {ast.unparse(node)}")
        return found

    def _function(self, node: ast.Call) -> object:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == "exists":
            return self._exists(node.args[0])
        return FUNCTIONS[name](*[self._eval(argument) for argument in node.args])

    def _exists(self, node: ast.expr) -> bool:
        path = _path(node)
        if path is not None and path in self._fields:
            return not isinstance(self._fields[path], Missing)
        try:
            self._eval(node)
        except RuleFailed:
            return False
        return True


def step(value: object, key: object) -> JsonValue | Missing:
    """Return what stands in *value* under *key*, or MISSING."""
    found: JsonValue | Missing = MISSING
    if isinstance(value, dict) and isinstance(key, str):
        found = value.get(key, MISSING)
    elif isinstance(value, list) and isinstance(key, int) and -len(value) <= key < len(value):
        found = value[key]
    return found


def _path(node: ast.expr) -> Path | None:
    """Return the path that *node* names when it is fixed: names, keys and numbers only."""
    if isinstance(node, ast.Name):
        return None if node.id in _CONSTANTS else () if node.id == WHOLE else (node.id,)
    if isinstance(node, ast.Attribute):
        above = _path(node.value)
        return None if above is None else (*above, node.attr)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        above, key = _path(node.value), node.slice.value
        if above is not None and isinstance(key, str | int) and not isinstance(key, bool):
            return (*above, key)
    return None


class _Reader(ast.NodeVisitor):
    """Refuses what is not part of the language and collects the paths of the fields."""

    def __init__(self, source: str) -> None:
        self.paths: dict[Path, None] = {}
        self._source = source
        self._bound: list[str] = []
        self._variables: set[str] = set()

    def hidden(self) -> str:
        """Return a name that is both a field and a variable, or an empty text."""
        return next((str(p[0]) for p in self.paths if p and p[0] in self._variables), "")

    def fail(self, node: ast.AST, message: str) -> CheckSyntaxError:
        column = _characters(self._source, getattr(node, "col_offset", 0)) + 1
        known = "Functions: " + ", ".join(FUNCTIONS) + "."
        return CheckSyntaxError(message, column=column, hint=known)

    def visit(self, node: ast.AST) -> None:
        if not isinstance(node, _NODES):
            raise self.fail(node, f"A rule cannot contain this ({type(node).__name__}).")
        super().visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if not isinstance(node.value, str | int | float | bool | None):
            raise self.fail(node, "This is not a JSON value.")

    def visit_Call(self, node: ast.Call) -> None:
        if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS:
            raise self.fail(node, f"{ast.unparse(node.func)} is not a function of rules.")
        if node.keywords or not node.args:
            raise self.fail(node, f"{node.func.id} takes plain arguments, at least one.")
        if node.func.id == "exists" and len(node.args) != 1:
            raise self.fail(node, "exists takes one field.")
        for argument in node.args:
            self.visit(argument)

    def visit_Name(self, node: ast.Name) -> None:
        self._take(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._take(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.slice, ast.Slice):
            raise self.fail(node, "A rule cannot take slices.")
        self._take(node)

    def _take(self, node: ast.Name | ast.Attribute | ast.Subscript) -> None:
        path = _path(node)
        root: ast.expr = node
        while isinstance(root, ast.Attribute | ast.Subscript):
            root = root.value
        if path is not None and not (isinstance(root, ast.Name) and root.id in self._bound):
            self.paths[path] = None
        elif not isinstance(node, ast.Name):
            self.generic_visit(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        self._comprehension(node)

    def visit_ListComp(self, node: ast.ListComp) -> None:
        self._comprehension(node)

    def _comprehension(self, node: ast.GeneratorExp | ast.ListComp) -> None:
        before = len(self._bound)
        for part in node.generators:
            if not isinstance(part.target, ast.Name) or part.is_async:
                raise self.fail(node, "A loop in a rule has one plain variable.")
            self.visit(part.iter)
            self._bound.append(part.target.id)
            self._variables.add(part.target.id)
            for condition in part.ifs:
                self.visit(condition)
        self.visit(node.elt)
        del self._bound[before:]


def _characters(source: str, offset: int) -> int:
    return len(source.encode("utf-8", "replace")[:offset].decode("utf-8", "ignore"))


def read_rule(source: str) -> Rule:
    """Read a rule.

    Raises:
        CheckSyntaxError: it is not a rule; the column says where.
    """
    text = source.strip()
    shift = len(source) - len(source.lstrip())
    if not text or len(text) > MAX_LENGTH:
        raise CheckSyntaxError(
            "The rule is missing." if not text else f"The rule is longer than {MAX_LENGTH}.",
            hint="Write rule:tax <= total.",
        )
    try:
        tree = ast.parse(text, mode="eval").body
        reader = _Reader(text)
        reader.visit(tree)
    except SyntaxError as error:
        column = shift + (error.offset or len(text) + 1)  # no offset: it ends too soon
        raise CheckSyntaxError(f"Not a rule: {error.msg}.", column=column) from None
    except CheckSyntaxError as error:
        error.column += shift
        raise
    except (RecursionError, MemoryError, ValueError) as error:
        raise CheckSyntaxError(f"The rule cannot be read: {error}.") from None
    hidden = reader.hidden()
    if hidden:
        raise CheckSyntaxError(
            f"{hidden} is a field and the variable of a loop.", hint="Name the variable otherwise."
        )
    if not reader.paths:
        raise CheckSyntaxError("The rule names no field of the answer.", column=shift + 1)
    return Rule(text, tree, tuple(reader.paths))
