"""Task groups raise groups; a user gets the one sentence within."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def plain_errors() -> Iterator[None]:
    """Raise the first error of a group alone, if every error in it has words for a user.

    Ours have a `code` and a `template`; a library's error may happen to have a `code`, too.

    A group that holds anything else is our bug, and stays whole.
    """
    try:
        yield
    except BaseExceptionGroup as group:
        found = list(leaves(group))
        if not all(hasattr(leaf, "code") and hasattr(leaf, "template") for leaf in found):
            raise
        raise found[0] from group


def leaves(error: BaseException) -> Iterator[BaseException]:
    """Yield the errors of a group, of groups within it too; an error alone is its own leaf."""
    if not isinstance(error, BaseExceptionGroup):
        yield error
        return
    for inner in error.exceptions:
        yield from leaves(inner)
