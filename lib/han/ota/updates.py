"""What is known of updates, and who has the slot that does not run. What its states are, see state.py."""
import asyncio


class Updates:
    """The state, and the task that follows it. restart: ends this run for a reason, see App.restart."""

    #: One of those in state.py.
    status = "IDLE"
    #: Of the update that is offered, on its way or staged.
    version = notes = source = None
    critical = forced = False
    #: What client.py has found: (version, url, size, sha256), None for nothing newer; and that which was wrong.
    offer = failed = None
    #: Version of the image in the other slot that has been verified and may be activated.
    staged = None
    #: The last one, and in words.
    error = reason = None
    written = expected = 0  # bytes
    progress = 0  # percent
    allowed = False  # to be downloaded
    told = 0  # when everybody was told of the last change, ms
    #: Somebody wants the update server to be asked, or what it offers.
    wanted = asked = False
    #: How often it has been asked since the start, and what of: "none" in this build, "unasked", "answered", "failed".
    visits = 0
    server = "unasked"

    def __init__(self, board, bus, clock, version, restart):
        self.board = board
        self.bus = bus
        self.clock = clock
        self.running = version
        self.restart = restart
        if not board.updates:
            self.server = "none"
        boot = board.boot
        self.active = boot["slot"] or "slot1"
        self.other = "slot1" if self.active == "slot2" else "slot2"
        if boot["rolled_back"]:
            self.reason = boot["rolled_back"]
            self.status = "FAILED"
            self.error = "rolled_back"
        #: Until an application that is new here has proven itself the other slot is the way back.
        self.proven = not boot["pending"] or boot["safe"]

    # Lives as long as the application, less where there is no update server.
    async def run(self, failing, links, port, config, report):
        """Prove this version, and ask the update server now and then, before that when somebody wants it.

        failing() says which critical task does not run, links is the network's task, port() where the
        API listens, report takes a status, a health and an error.
        """
        proof = asyncio.create_task(self._prove(failing, links, port, report))
        try:
            if not self.board.updates:
                await proof
                return report("stopped", "disabled", None)
            from .poll import poll

            await poll(self, config, report, proof)
        finally:
            proof.cancel()

    async def _prove(self, *about):
        await asyncio.sleep(60)
        from .proof import prove  # which nothing holds once it has returned

        await prove(self, *about)
