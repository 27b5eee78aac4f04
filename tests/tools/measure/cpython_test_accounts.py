"""MicroPython's account of its heap, in what a process prints."""

import subprocess

from staging import unix
from tools.measure.accounts import Accounts


def test_an_account_is_read_in_pieces():
    accounts = Accounts()
    text = (
        b"listening\nstack: 7264 out of 80000\nGC: total: 323840, used: 231520, free: 92320\n"
        b" No. of 1-blocks: 2155, 2-blocks: 379, max blk sz: 222, max free sz: 1661\n"
    )
    for at in range(len(text)):
        assert accounts.last is None
        accounts.take(text[at : at + 1])
    assert accounts.last == (92320, 1661 * 32)
    accounts.take(b"qstr pool: n_pool=1, n_qstr=2, n_str_data_bytes=24, n_total_bytes=312\nmodules: sys han\n")
    assert accounts.objects == [231520 - 312] and accounts.modules == [["sys", "han"]]
    accounts.take(b"max free sz: 7")  # not whole yet
    assert accounts.last == (92320, 1661 * 32)


def test_this_micropython_gives_one():
    ask = "import gc, micropython; gc.collect(); micropython.mem_info()"
    command = unix.command(heap="240k") + ["-c", ask]
    found = subprocess.run(command, env=unix.environment(), capture_output=True, check=True)
    accounts = Accounts()
    accounts.take(found.stdout)
    free, largest = accounts.last
    assert 200000 < free < 240 * 1024 and free // 2 < largest <= free
