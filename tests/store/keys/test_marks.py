"""What the command log keeps of a request tells nobody what was asked, and after an erasure not even who guesses."""

from collections.abc import Callable
from hashlib import sha256

import pytest

from pipeline_engine.errors import CommandIdReused
from pipeline_engine.store import IDENTITY, Request, Store
from pipeline_engine.store.keys.model import COMMANDS
from tests.store.given import COUNT, Counted, appending
from tests.store.keys.given import keys_of

Open = Callable[..., Store]
GUESS = sha256(b"kim@customer.example").hexdigest()
OTHER = sha256(b"lee@customer.example").hexdigest()


def asked(store: Store, digest: str, command_id: str = "c-1") -> bool:
    """Ask; whether the store knew the id."""
    decide = appending(Counted(by=1), command_id=command_id)
    return store.transact("deal:D-1", Request(command_id, digest), COUNT, decide).known


def kept(store: Store) -> str:
    """What the command log keeps of that request."""
    command = store._log.command("c-1")
    assert command is not None
    return command.digest


def test_the_digest_of_a_request_is_not_kept(store: Store) -> None:
    """Whoever has the log alone cannot try a guess; the same request is known again, another one refused."""
    assert not asked(store, GUESS)
    assert GUESS not in kept(store)
    assert asked(store, GUESS)
    with pytest.raises(CommandIdReused):
        asked(store, OTHER)


def test_two_stores_mark_one_request_differently(lasting_url: str, opened: Open) -> None:
    """So that who has seen the request in one of them learns nothing of the other."""
    mine, another = opened(lasting_url), opened("memory://")
    for store in (mine, another):
        asked(store, GUESS)
    assert kept(mine) != kept(another)


def test_after_an_erasure_nobody_can_try_a_guess(lasting_url: str, opened: Open) -> None:
    """Not who has every key either: a request from before it is answered by its first receipt, whatever it asks now."""
    store = opened(lasting_url)
    asked(store, GUESS)
    before = [row.id for row in keys_of(store).rows() if row.subject == COMMANDS]
    keys_of(store).destroy("person:p-7", "1")
    assert not [row for row in keys_of(store).rows() if row.id in before]
    for process in (store, opened(lasting_url)):
        assert asked(process, GUESS)
        assert asked(process, OTHER)
    assert not asked(store, GUESS, "c-2")
    with pytest.raises(CommandIdReused):
        asked(store, OTHER, "c-2")


def test_requests_from_before_there_were_keys_are_still_known(lasting_url: str, opened: Open) -> None:
    """The control: what such a store kept is the digest itself, which anybody can compare."""
    asked(opened(lasting_url, keys=IDENTITY), GUESS)
    store = opened(lasting_url)
    assert kept(store) == GUESS
    assert asked(store, GUESS)
    with pytest.raises(CommandIdReused):
        asked(store, OTHER)
