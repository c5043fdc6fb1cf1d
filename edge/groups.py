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
        leaves = list(_leaves(group))
        if not all(hasattr(leaf, "code") and hasattr(leaf, "template") for leaf in leaves):
            raise
        raise leaves[0] from group


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
