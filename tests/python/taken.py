"""Trainers' own code, without the parts of them that need PyTorch."""

import __future__
import ast
from importlib.metadata import PackageNotFoundError, distribution

import pytest


def source(package, file):
    """The syntax tree of a module of an installed package."""
    return ast.parse(text(package, file))


def text(package, file):
    """A file of an installed package."""
    try:
        found = distribution(package)
    except PackageNotFoundError:
        pytest.skip(f"{package} is not published for this Python and system")
    return found.locate_file(file).read_text(encoding="utf-8")


def take(package, file, *names, **others):
    """What a module that cannot be imported has by these names, such as `KTOTrainer._prepare_dataset`.

    They are compiled as they stand, and find `others` where they look for what their module imports.
    """
    module = source(package, file)
    body = [_find(module, name) for name in names]
    flags = __future__.annotations.compiler_flag
    scope = {"__name__": __name__, **others}
    exec(compile(ast.Module(body, []), file, "exec", flags), scope)
    return [scope[name.rpartition(".")[2]] for name in names]


def _find(tree, name):
    for part in name.split("."):
        tree = next(node for node in tree.body if part in _names(node))
    return tree


def _names(node):
    targets = getattr(node, "targets", [])
    return [getattr(node, "name", None), *(target.id for target in targets if isinstance(target, ast.Name))]
