"""Writers that go on asking whatever happens to their server, and remember what they were told."""

import time
from threading import Event, Lock, Thread

from pipeline_engine.errors import PipelineError, StoreUnreachable
from pipeline_engine.store import Store
from tests.faults.server.orders import Order, Place, Receipts, order, place


class Writers:
    """Threads that place one order after the other; an order that cannot be placed is placed again."""

    def __init__(self, stores: list[Store], who: str, place: Place = place) -> None:
        self.asked: set[Order] = set()
        self.told: dict[Order, Receipts] = {}
        self.failed: list[BaseException] = []
        self.last_told = 0.0
        self._place, self._stop, self._lock = place, Event(), Lock()
        self._threads = [Thread(target=self._go_on, args=(store, f"{who}-{nth}")) for nth, store in enumerate(stores)]
        for thread in self._threads:
            thread.start()

    def _go_on(self, store: Store, who: str) -> None:
        number = 0
        try:
            while not self._stop.is_set():
                number += 1
                one = order(who, number)
                self.asked.add(one)
                self._until_told(store, one)
        except PipelineError as error:
            self.failed.append(error)

    def _until_told(self, store: Store, one: Order) -> None:
        while not self._stop.is_set():
            try:
                receipts = self._place(store, one)
            except StoreUnreachable:
                continue
            with self._lock:
                self.told[one] = receipts
                self.last_told = time.monotonic()
            return

    def wait_for(self, more: int, since: float = 0.0, seconds: float = 60.0) -> float:
        """Wait until so many more orders were told after that moment; when the last of them was."""
        until, before = time.monotonic() + seconds, len(self.told)
        while time.monotonic() < until:
            with self._lock:
                if len(self.told) >= before + more and self.last_told > since:
                    return self.last_told
            time.sleep(0.002)
        raise AssertionError(f"nobody was told anything for {seconds:g} s; {self.failed}")

    def stop(self) -> None:
        """Let each finish what it does."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
