"""Tasks that are started again when they crash, and what /health says of them."""
import asyncio

# Looks without a sign of life that are nothing to worry about: an erasure, a scan.
_STILL = 5


class Service:
    """One row of /health. status running|stopped|restarting, health ok|degraded|failed|disabled."""

    # What an object has of its own takes memory for each of them.
    status = "running"
    health = "ok"
    error = None  # text of the last error, kept after a restart
    restarts = 0
    healing = False  # restarted, and has not said itself how it is
    since = 0  # uptime of its start, ms
    task = None  # None for one that is not a task of the supervisor's

    def __init__(self, name):
        self.name = name


class Supervisor:
    """Starts the application's tasks and keeps them running."""

    #: Wait before the first restart, doubled for each further one up to `longest_ms`.
    first_ms = 1000
    longest_ms = 60000
    #: A task that has run so long since its restart is well again.
    settled_ms = 60000
    #: Critical tasks are looked at so often, s, and given up after more looks without a sign of life.
    look_s = 1
    looks = 30

    def __init__(self, clock, log):
        self._clock = clock
        self._log = log
        self.services = []
        self._critical = []  # [service, its pulse, what that was, for how many looks]
        #: (reason, text) once the board has to start again, see leave().
        self.leaving = None
        #: Called where a task has crashed for want of memory: something else may give way.
        self.relieve = None

    def start(self, name, function, pulse=None):
        """Run a coroutine function as a task until stop(); again whenever it raises.

        pulse makes it a critical one: a function whose value changes while the task lives.
        """
        service = self._find(name)
        if pulse:
            self._critical.append([service, pulse, None, 0])
        service.task = asyncio.create_task(self._keep(service, function, pulse))
        return service

    def set(self, name, status, health, error=None):
        """The row of something that is not a task, or that knows more of itself."""
        service = self._find(name)
        service.status = status
        service.health = health
        service.error = error
        service.healing = False

    def judge(self, name, health, error=None):
        """The health of a task that runs, as another sees it; of one that is being restarted the supervisor knows."""
        service = self._find(name)
        if service.status == "running" and not service.healing:
            service.health = health
            service.error = error

    def _find(self, name):
        for service in self.services:
            if service.name == name:
                return service
        service = Service(name)
        self.services.append(service)
        return service

    # Lives until stop() cancels it, or its function returns. One that crashes again and again may be critical, or have
    # no memory: then the board starts again, as nothing else would ever give it some.
    async def _keep(self, service, function, critical):
        pause = self.first_ms
        while True:
            service.status = "running"
            try:
                service.since = self._clock.uptime_ms()
                await function()
                service.status = "stopped"
                return
            except Exception as error:
                service.restarts += 1
                service.health = "failed"
                service.status = "restarting"
                self._log.crash(service.name, error)
                try:
                    service.error = "%s: %s" % (type(error).__name__, error)
                except MemoryError:
                    service.error = "MemoryError"
                if service.task is None:
                    return  # it was stopped, and crashed as it ended
                starved = isinstance(error, MemoryError)
                if starved and self.relieve:
                    self.relieve()
            try:
                if self._clock.uptime_ms() - service.since >= self.settled_ms:
                    pause = self.first_ms
                elif (critical or starved) and pause >= self.longest_ms:
                    self.leave("CRASH", service.name)
                await asyncio.sleep(pause / 1000)
            except MemoryError:
                await asyncio.sleep(0)
            pause = min(2 * pause, self.longest_ms)
            service.health = "degraded"
            service.healing = True

    def leave(self, reason, text=None):
        """Have the board start again for a reason (a rebootReason of the API); text: for the crash log."""
        self.leaving = self.leaving or (reason, text)

    # Lives as long as the application.
    async def watch(self, board, look):
        """Feed the watchdog while all critical tasks live; (reason, text) once the board has to start again.

        look() is called each time: whoever wants to see to something else every second.
        """
        while not self.leaving:
            await asyncio.sleep(self.look_s)
            try:
                for row in self._critical:
                    service, pulse, before, still = row
                    row[2] = pulse()
                    row[3] = still + 1 if row[2] == before and service.status == "running" else 0
                    if still >= self.looks:
                        service.health = "failed"
                        service.error = "no sign of life"
                        self.leave("WATCHDOG", service.name)
                        break
                else:
                    board.feed()
                look()
            except MemoryError:
                pass  # not fed: it passes soon, or the watchdog ends it
        return self.leaving

    def failing(self):
        """Which critical task does not run as it should, in words; None where all do."""
        self.rows()
        for service, _, _, still in self._critical:
            if service.status != "running" or service.healing or still > _STILL:
                return service.name + " does not run"
        return None

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
