"""Updates: what is known about updates, and the task that follows them. state.py describes the states."""
import asyncio


class Updates:
    """The state of updates. restart(reason, text): restarts the reader, see App.restart()."""

    #: The state, one of those in state.py.
    status = "IDLE"
    #: About the update that is offered, on its way or staged.
    version = notes = source = None
    critical = forced = False
    #: The update server's offer: (version, url, size, sha256), None where nothing is newer; and the last wrong offer.
    offer = failed = None
    #: Version of the verified image in the other slot, None where there is none.
    staged = None
    #: The last failure: one of the API's names, and in words.
    error = reason = None
    written = expected = 0  # bytes
    progress = 0  # percent
    allowed = False  # a download can be started
    told = 0  # uptime at the last tell(), ms
    #: wanted: visit the update server now; asked: and install what it offers.
    wanted = asked = False
    #: How often the server was asked since the start.
    visits = 0
    #: "none" (this build has no server), "unasked", "answered" or "failed".
    server = "unasked"
    #: The task that proves this version. It is not kept when it has ended, as it would hold the module of the proof.
    proof = None

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
        #: False while a new application has not been proven: until then the other slot is the way back.
        self.proven = not boot["pending"] or boot["safe"]

    # Lives as long as the application; without an update server until this version is proven.
    async def run(self, failing, links, port, config, report):
        """Prove this version, then ask the update server about once a day; ask it at any time when `wanted` is set.

        failing   function: which critical task does not run, in words, or None
        links     the network's task
        port      function: the port on which the API listens
        report    function: takes a status, a health and an error for /health
        """
        self.proof = asyncio.create_task(self._prove(failing, links, port, report))
        try:
            if not self.board.updates:
                await self.proof
                return report("stopped", "disabled", None)
            from .poll import poll

            await poll(self, config, report)
        finally:
            if self.proof:
                self.proof.cancel()
            self.proof = None

    async def _prove(self, *about):
        await asyncio.sleep(60)
        await self._proving(*about)

    # A function of its own: what a task has named may stay for long after its end.
    def _proving(self, *about):
        from .proof import prove

        return prove(self, *about)
