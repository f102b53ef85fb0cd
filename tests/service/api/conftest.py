"""A shop behind HTTP, in this process."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx
import pytest

from tests.engine.shop import Shop
from tests.service.in_process import living

_NUMBERS = count(1)


@dataclass
class Desk:
    """A shop, and a client of its API."""

    shop: Shop
    client: httpx.Client

    def get(self, path: str, **query: Any) -> httpx.Response:
        """A GET under /v1."""
        return self.client.get(f"/v1{path}", params=query)

    def ask(self, path: str, headers: Any = None, **body: Any) -> httpx.Response:
        """A POST under /v1, by rep unless another is named."""
        return self.client.post(f"/v1{path}", json={"by": "rep", **body}, headers=headers)

    def raw(self, path: str, body: bytes, kind: str = "application/json") -> httpx.Response:
        """A POST of some bytes under /v1."""
        return self.client.post(f"/v1{path}", content=body, headers={"content-type": kind})


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """The shop of the engine's tests, behind HTTP: one a module, since a life ends as slowly as its followers rest."""
    shop = Shop.opened()
    with living(shop.engine.app()) as client:
        yield Desk(shop, client)
    shop.engine.close()


@pytest.fixture
def deal(desk: Desk) -> str:
    """A new deal of rep in its first stage."""
    found = f"D-{next(_NUMBERS)}"
    desk.shop.deal_in("lead", found)
    return found


def problem(answer: httpx.Response) -> tuple[int, str]:
    """The status and the type of a problem, which says both and where."""
    told = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert told["status"] == answer.status_code
    assert {"title", "detail", "instance"} <= set(told)
    return answer.status_code, told["type"].rpartition(":")[2]
