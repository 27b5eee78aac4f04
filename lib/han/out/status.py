"""What one language reports of itself, for /health, GET /out and the page."""


class Status:
    """The state of a language that is switched on. It outlives crashes of its task."""

    #: Text for the page, such as "connected" or "refused: bad password". Never a secret.
    state = ""
    #: Uptime since when that is the state, ms.
    since = 0
    #: Clients now; messages or answers so far, and those that were dropped.
    clients = sent = dropped = 0
    #: True when it was switched off or has other settings now: it reports nothing more.
    over = False
    #: Its task, None where none was started; the uptime at which another start may be tried, ms.
    task = None
    again = 0
    #: What the language keeps between requests; it sets that itself.
    device = None

    def __init__(self, name, settings, supervisor, clock):
        self.name = name
        #: The language's settings, a dict as in `out` of the configuration.
        self.settings = settings
        self._supervisor = supervisor
        self._clock = clock

    def tell(self, state, health="ok", error=None):
        """Set the state, and the health and error of the row in /health. An error is the state if none is given."""
        if self.over:
            return
        if state != self.state:
            self.state = state
            self.since = self._clock.uptime_ms()
        self._supervisor.set(self.name, "running", health, error or (None if health == "ok" else state))
