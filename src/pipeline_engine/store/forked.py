"""What a forked child makes anew: a lock that another thread held at the fork would stay held for ever."""

import os
from typing import Protocol
from weakref import WeakSet


class Renewable(Protocol):
    """Something with locks of its own."""

    def begin_anew(self) -> None:
        """Make the locks anew; called in the child, where no other thread is left."""
        ...


_there: "WeakSet[Renewable]" = WeakSet()


def renewed_in_children(one: Renewable) -> None:
    """Have the locks of something made now and in every forked child; does not keep it alive."""
    one.begin_anew()
    _there.add(one)


def _renew() -> None:
    for one in list(_there):
        one.begin_anew()


os.register_at_fork(after_in_child=_renew)
