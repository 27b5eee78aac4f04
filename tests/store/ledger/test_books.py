"""When the ledger's rows are written, while memory is short."""

import asyncio

from han.books import Books


class Book(Books):
    """Writes down when rows are due, with the next ones an hour later."""

    look_s = 0
    waits = 5

    def __init__(self, room):
        self.room = room  # of each look; the last one stays
        self.asked = 0
        self.closed = []  # [(time, number of questions for memory before)]
        self.t = 3600
        super().__init__(self)

    def plenty(self, urgent):
        assert not urgent  # no stream is closed for it
        self.asked += 1
        return self.room[min(self.asked, len(self.room)) - 1]

    def _recorded(self):
        return self.t

    async def _close(self, t, report):
        self.closed.append((t, self.asked))
        return t + 3600


async def rows(room, until):
    book = Book(room)
    task = asyncio.create_task(book.keep(None))
    for _ in range(200):
        await asyncio.sleep(0)
        if len(book.closed) >= until:
            break
        if book.closed and book.closed[-1][0] == book.t:
            book.t += 3600
    task.cancel()
    return book.closed


async def test_rows_are_written_at_once_where_there_is_memory():
    assert await rows([True], 2) == [(3600, 1), (7200, 2)]


async def test_rows_wait_for_memory():
    assert await rows([False, False, True], 2) == [(3600, 3), (7200, 4)]


async def test_no_row_is_lost_for_want_of_memory():
    # Five looks ask in vain. The sixth does not ask any more.
    assert await rows([False], 3) == [(3600, 5), (7200, 10), (10800, 15)]
