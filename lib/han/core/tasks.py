"""Tasks that are started again when they crash, and what /health says of them."""
import asyncio


class Service:
    """One row of /health. status running|stopped|restarting, health ok|degraded|failed|disabled."""

    def __init__(self, name, critical=False):
        self.name = name
        self.critical = critical
        self.status = "running"
        self.health = "ok"
        self.error = None  # text of the last error, kept after a restart
        self.restarts = 0
        self.healing = False  # restarted, and has not said itself how it is
        self.since = 0  # uptime of its start, ms
        self.task = None  # None for one that is not a task of the supervisor's


class Supervisor:
    """Starts the application's tasks and keeps them running."""

    #: Wait before the first restart, doubled for each further one up to `longest_ms`.
    first_ms = 1000
    longest_ms = 60000
    #: A task that has run so long since its restart is well again.
    settled_ms = 60000

    def __init__(self, clock, log):
        self._clock = clock
        self._log = log
        self.services = []

    def start(self, name, function, critical=False):
        """Run a coroutine function as a task until stop(); again whenever it raises."""
        service = self._find(name)
        service.critical = critical
        service.task = asyncio.create_task(self._keep(service, function))
        return service

    def set(self, name, status, health, error=None):
        """The row of something that is not a task, or that knows more of itself."""
        service = self._find(name)
        service.status = status
        service.health = health
        service.error = error
        service.healing = False

    def _find(self, name):
        for service in self.services:
            if service.name == name:
                return service
        service = Service(name)
        self.services.append(service)
        return service

    # Lives until stop() cancels it, or its function returns.
    async def _keep(self, service, function):
        pause = self.first_ms
        while True:
            service.status = "running"
            service.since = self._clock.uptime_ms()
            try:
                await function()
                service.status = "stopped"
                return
            except Exception as error:
                service.error = "%s: %s" % (type(error).__name__, error)
                service.restarts += 1
                service.health = "failed"
                service.status = "restarting"
                self._log.crash(service.name, error)
            if self._clock.uptime_ms() - service.since >= self.settled_ms:
                pause = self.first_ms
            await asyncio.sleep(pause / 1000)
            pause = min(2 * pause, self.longest_ms)
            service.health = "degraded"
            service.healing = True

    def rows(self):
        """The services; one that has run well since its restart is ok again, its error stays."""
        now = self._clock.uptime_ms()
        for service in self.services:
            if service.healing and service.status == "running" and now - service.since >= self.settled_ms:
                service.health = "ok"
                service.healing = False
        return self.services

    async def stop(self):
        """Cancel all tasks, the one started last first, and wait until they have ended."""
        for service in reversed(self.services):
            task, service.task = service.task, None
            if task:
                service.status = "stopped"
                task.cancel()
                try:
                    await task
                except asyncio.CancelledError:
                    pass  # the task's own, as asked for
