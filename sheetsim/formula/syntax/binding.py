"""LET and LAMBDA taken out of a tree: every name becomes what it stands for.

Nodes of a tree are shared, so that LET(x, A1+1, x*x) is one addition and one product, as in Excel.
A LAMBDA that is called is its body with the arguments in place of the parameters, be it called at
once, by a name of LET, or by a defined name. What is left are those that MAP and its like are
given, whose arguments are known only when they are computed: a node "lambda", whose value are
numbers of parameters and whose argument is the body, in which a node "param" stands for each.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from sheetsim.book import CellError
from sheetsim.formula.functions import TABLE
from sheetsim.formula.syntax.parser import CALL, Node, Tree, parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from sheetsim.book import Book

ETA = "_xleta."
"""What stands before a function that is given by its name alone: BYROW(A1:C3, SUM)."""

OPTIONAL = "_xlop."
"""What stands before a parameter that may be left out: LAMBDA(x, [y], ...)."""

_NO_LAMBDA = CellError("#CALC!")


_NOTHING = Node("const", None)


class Closure(NamedTuple):
    """A LAMBDA with the names that it was written among.

    Attributes:
        params: its parameters, in small letters.
        tree, body: where its body is.
        names: what the names around it stand for.
        called: the defined name that it is, "" if it is none.
    """

    params: tuple[str, ...]
    tree: Tree
    body: int
    names: Mapping[str, object]
    called: str = ""


_Task = tuple[Tree, int, Mapping[str, object]]
_Step = Generator[_Task, "int | Closure", "int | Closure"]


def bound(book: Book, tree: Tree, sheet: str, add: Callable[[Node], int]) -> int | None:
    """Add a tree without LET and LAMBDA, node by node.

    Args:
        book: for names that stand for a LAMBDA.
        tree: the formula's.
        sheet: the formula's.
        add: adds a node, and returns its position.

    Returns:
        The position of the root; None if there is neither in the tree, and nothing was added.
    """
    binder = _Binder(book, sheet, add)
    if not any(binder.concerns(node) for node in tree):
        return None
    root = binder.run((tree, len(tree) - 1, {}))
    return add(Node("const", _NO_LAMBDA)) if isinstance(root, Closure) else root


class _Binder:
    """A tree in the making."""

    def __init__(self, book: Book, sheet: str, add: Callable[[Node], int]) -> None:
        self._book, self._sheet, self._add = book, sheet, add
        self._known: dict[tuple[int, int, int], int | Closure] = {}
        self._kept: list[object] = []  # so that no id is used twice
        self._active: list[str] = []
        self._params = 0
        self._omitted: int | None = None  # the position of all that was left out

    def concerns(self, node: Node) -> bool:
        """Whether a node is a LET or LAMBDA, or calls one."""
        if node.kind != "call":
            return False
        function = TABLE.get(str(node.value))
        if function is not None:
            return bool(function.binds or function.unrolls)
        return node.value == CALL or self._named(str(node.value)) is not None

    def run(self, task: _Task) -> int | Closure:
        """Do a task and those that it needs, with a stack."""
        stack = [self._expand(*task)]
        value: int | Closure | None = None
        while stack:
            try:
                needed = stack[-1].send(value)  # type: ignore[arg-type]  # None starts it
            except StopIteration as done:
                stack.pop()
                value = done.value
                continue
            key = (id(needed[0]), needed[1], id(needed[2]))
            value = self._known.get(key)
            if value is None:
                self._kept.append(needed)
                stack.append(self._remembering(key, needed))
        assert value is not None  # noqa: S101  # the first task has a result
        return value

    def _remembering(self, key: tuple[int, int, int], task: _Task) -> _Step:
        out = self._known[key] = yield from self._expand(*task)
        return out

    def _expand(self, tree: Tree, i: int, names: Mapping[str, object]) -> _Step:
        """Return a node's position, or the LAMBDA that it is."""
        node = tree[i]
        if node.kind == "name" and node.value[0] is None:
            return self._meant(node, names)
        if node.kind != "call":
            return self._add(node)
        function = TABLE.get(str(node.value))
        binds = "" if function is None else function.binds
        spelled = [tree[a] for a in node.args]
        if binds == "let" and _is_let(spelled):
            return (yield from self._let(tree, node, names))
        if binds == "lambda" and _is_lambda(spelled):
            return Closure(_params(spelled), tree, node.args[-1], names)
        if binds == "omitted":
            found = yield tree, node.args[0], names
            return self._add(Node("const", found == self._omitted))
        return (yield from self._call(tree, node, names))

    def _meant(self, node: Node, names: Mapping[str, object]) -> int | Closure:
        """Return what a name stands for: in LET or LAMBDA, a LAMBDA, or a cell as it is."""
        name = node.value[1]
        if name in names:
            return names[name]  # type: ignore[return-value]
        named = self._named(name)
        return self._add(node) if named is None else named

    def _call(self, tree: Tree, node: Node, names: Mapping[str, object]) -> _Step:
        """Return the position of a call; that of a LAMBDA is its body."""
        name, args = str(node.value), node.args
        callee: object = None
        if name == CALL:
            callee, args = (yield tree, args[0], names), args[1:]
        elif name not in TABLE:
            word = name.casefold()
            callee = names[word] if word in names else self._named(name)
        given: list[int | Closure] = []
        for a in args:
            if isinstance(callee, Closure) and tree[a] == _NOTHING:
                given.append(self._missing())
            else:
                given += [(yield tree, a, names)]
        if isinstance(callee, Closure):
            return (yield from self._called(callee, given))
        if name == CALL:
            return self._add(Node("const", CellError("#REF!")))
        return (yield from self._computed(tree, node, given))

    def _computed(self, tree: Tree, node: Node, given: list[int | Closure]) -> _Step:
        """Return the position of a call of a function, whose last argument may be a LAMBDA."""
        function = TABLE.get(str(node.value))
        unrolls = function is not None and bool(function.unrolls)
        positions = []
        for k, (one, a) in enumerate(zip(given, node.args, strict=True)):
            wanted = unrolls and k == len(given) - 1
            positions.append((yield from self._position(one, tree[a], wanted, len(given))))
        return self._add(node._replace(args=tuple(positions)))

    def _missing(self) -> int:
        """Return the position of an argument that was left out: a blank."""
        if self._omitted is None:
            self._omitted = self._add(_NOTHING)
        return self._omitted

    def _let(self, tree: Tree, node: Node, names: Mapping[str, object]) -> _Step:
        for name, value in zip(node.args[:-1:2], node.args[1::2], strict=True):
            found = yield tree, value, names
            names = {**names, tree[name].value[1]: found}
        self._kept.append(names)
        return (yield tree, node.args[-1], names)

    def _called(self, closure: Closure, given: list[int | Closure]) -> _Step:
        """Return the body of a LAMBDA with the arguments in place of its parameters."""
        given = [] if given == [self._omitted] else given  # f() has no argument, not an empty one
        absent = closure.params[len(given) :]
        if all(param.startswith(OPTIONAL) for param in absent):
            given = [*given, *[self._missing() for _ in absent]]
        if len(given) != len(closure.params):
            return self._add(Node("const", CellError("#VALUE!")))
        if closure.called and self._active.count(closure.called) >= 1:
            args = tuple(one for one in given if isinstance(one, int))
            return self._add(Node("call", f"{closure.called}, a LAMBDA that calls itself", args))
        names = {**closure.names, **dict(zip(closure.params, given, strict=True))}
        self._kept.append(names)
        self._active.append(closure.called)
        out = yield closure.tree, closure.body, names
        self._active.pop()
        return out

    def _position(
        self, one: int | Closure, node: Node, wanted: bool, count: int
    ) -> Generator[_Task, int | Closure, int]:
        """Return where an argument stands; a LAMBDA only where one is wanted."""
        if wanted and node.kind == "name" and str(node.value[1]).startswith(ETA):
            name = str(node.value[1])[len(ETA) :].upper()
            params = tuple(f"{k}" for k in range(max(1, count - 1)))
            nodes = [Node("name", (None, param)) for param in params]
            tree = (*nodes, Node("call", name, tuple(range(len(params)))))
            one = Closure(params, tree, len(params), {})
        if not isinstance(one, Closure):
            return one
        if not wanted:
            return self._add(Node("const", _NO_LAMBDA))
        first = self._params
        self._params += len(one.params)
        numbers = tuple(range(first, self._params))
        own = {p: self._add(Node("param", k)) for p, k in zip(one.params, numbers, strict=True)}
        names = {**one.names, **own}
        self._kept.append(names)
        body = yield one.tree, one.body, names
        if isinstance(body, Closure):
            body = self._add(Node("const", _NO_LAMBDA))
        return self._add(Node("lambda", numbers, (body,)))

    def _named(self, name: str) -> Closure | None:
        """Return the LAMBDA that a defined name is, None if it is none."""
        found = self._book.find_name(name, self._sheet)
        if found is None or "LAMBDA(" not in found.text.upper():
            return None
        tree = parse(found.text)
        self._kept.append(tree)
        root = tree[-1]
        function = TABLE.get(str(root.value)) if root.kind == "call" else None
        spelled = [tree[a] for a in root.args]
        if function is None or function.binds != "lambda" or not _is_lambda(spelled):
            return None
        return Closure(_params(spelled), tree, root.args[-1], {}, name)


def _is_let(nodes: list[Node]) -> bool:
    return len(nodes) % 2 == 1 and len(nodes) > 2 and all(map(_is_name, nodes[:-1:2]))


def _is_lambda(nodes: list[Node]) -> bool:
    return bool(nodes) and all(map(_is_name, nodes[:-1]))


def _params(nodes: list[Node]) -> tuple[str, ...]:
    """The parameters of a LAMBDA, which come before its body."""
    return tuple(one.value[1] for one in nodes[:-1])


def _is_name(node: Node) -> bool:
    return node.kind == "name" and node.value[0] is None
