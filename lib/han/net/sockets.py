"""What the two interpreters' streams do differently, for all servers."""


async def hang_up(writer):
    """Close a client's socket. Unsent bytes are lost."""
    try:
        # CPython's close() would keep the socket until the peer has taken all.
        writer.transport.abort()
    except AttributeError:
        await writer.wait_closed()


def unbuffered(writer):
    """Let drain() wait until the socket has taken everything. MicroPython's does so anyway."""
    try:
        # CPython's TLS takes 0 as full: with that limit, each second drain() would wait for ever.
        writer.transport.set_write_buffer_limits(1 if writer.get_extra_info("ssl_object") else 0, 0)
    except AttributeError:
        pass
