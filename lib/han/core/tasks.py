"""The supervisor: restarts tasks that crash, and has the rows of /health."""
import asyncio

# So many looks without a sign of life are normal: while flash is erased, or WiFi scans.
_STILL = 5


class Service:
    """One row of /health. status running|stopped|restarting, health ok|degraded|failed|disabled."""

    # These defaults are in the class, as an object's own attributes take memory in each object.
    status = "running"
    health = "ok"
    error = None  # text of the last error, kept after a restart
    restarts = 0
    healing = False  # it was restarted, and has not reported its own health since
    since = 0  # uptime of its last start, ms
    task = None  # the running task; None where it is not the supervisor's, or was stopped

    def __init__(self, name):
        self.name = name


class Supervisor:
    """Starts the application's tasks, restarts them when they crash, and watches the critical ones."""

    #: Pause before the first restart. It is doubled for each further one, up to `longest_ms`.
    first_ms = 1000
    longest_ms = 60000
    #: A task is ok again when it has run so long since its restart.
    settled_ms = 60000
    #: Time for a task to end when all are stopped, s. One that says goodbye to a broker takes up to 5.
    end_s = 6
    #: Pause between two looks at the critical tasks, s; looks without a sign of life until the board is restarted.
    look_s = 1
    looks = 30

    def __init__(self, clock, log):
        self._clock = clock
        self._log = log
        self.services = []
        self._critical = []  # [service, its pulse function, the pulse's last value, looks since that has changed]
        #: (reason, text) when the board must restart, see leave(); else None.
        self.leaving = None
        #: Function that is called when a task crashed for want of memory; it should free some.
        self.relieve = None

    def start(self, name, function, pulse=None):
        """Run a coroutine function as a task until stop(), and restart it whenever it raises. Returns its Service.

        pulse: a function whose value changes as long as the task lives; it makes the task a critical one
        """
        service = self._find(name)
        if pulse:
            self._critical.append([service, pulse, None, 0])
        service.task = asyncio.create_task(self._keep(service, function, pulse))
        return service

    def set(self, name, status, health, error=None):
        """Set the row of a service that is not a task, or of a task that reports its own health."""
        service = self._find(name)
        service.status = status
        service.health = health
        service.error = error
        service.healing = False

    def lives(self, name):
        """True while a task runs or will be restarted."""
        task = self._find(name).task
        return task is not None and not task.done()

    def end(self, name):
        """Cancel a task, and take its row away. Returns the task, which may still be ending, or None."""
        service = self._find(name)
        self.services.remove(service)
        task, service.task = service.task, None
        if task:
            task.cancel()
        return task

    def judge(self, name, health, error=None):
        """Set the health of a running task from outside. Ignored while the task is being restarted."""
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

    # Lives until stop() cancels it, or its function returns. If a task crashes again and again, and it is critical or
    # memory is what it lacks, the board is restarted, as nothing else would help.
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
                starved = self._crashed(service, error)
                if service.task is None:
                    return  # it was cancelled, and crashed while it ended
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

    # A method of its own, as each task keeps room for what _keep() needs at most. Returns True for want of memory.
    def _crashed(self, service, error):
        service.restarts += 1
        service.health = "failed"
        service.status = "restarting"
        self._log.crash(service.name, error)
        try:
            service.error = "%s: %s" % (type(error).__name__, error)
        except MemoryError:
            service.error = "MemoryError"
        starved = isinstance(error, MemoryError)
        if starved and service.task and self.relieve:
            try:
                self.relieve()
            except MemoryError:
                pass  # what it has freed until then may be enough
        return starved

    def leave(self, reason, text=None):
        """Make watch() return: the board must restart. reason: a rebootReason of the API; text: for the crash log."""
        self.leaving = self.leaving or (reason, text)

    # Lives as long as the application.
    async def watch(self, board, look):
        """Feed the watchdog while all critical tasks live. Returns (reason, text) when the board must restart.

        look: a function that is called once in look_s, too
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
                pass  # the watchdog was not fed: memory comes back soon, or the watchdog resets the chip
        return self.leaving

    def failing(self):
        """The first critical task that does not run as it should, in words; None where all run."""
        self.rows()
        for service, _, _, still in self._critical:
            if service.status != "running" or service.healing or still > _STILL:
                return service.name + " does not run"
        return None

    def rows(self):
        """The list of services. A task that has run long enough since its restart becomes ok here; its error stays."""
        now = self._clock.uptime_ms()
        for service in self.services:
            if service.healing and service.status == "running" and now - service.since >= self.settled_ms:
                service.health = "ok"
                service.healing = False
        return self.services

    async def stop(self):
        """Cancel all tasks, beginning with the one that was started last, and wait until they have ended."""
        for service in reversed(self.services):
            task, service.task = service.task, None
            if task:
                service.status = "stopped"
                while not task.done():
                    # Again where it did not end: now and then asyncio's wait_for() swallows it as bytes come.
                    task.cancel()
                    for _ in range(int(100 * self.end_s)):
                        if task.done():
                            break
                        await asyncio.sleep(0.01)
                try:
                    await task
                except asyncio.CancelledError:
                    pass  # the end that was wanted
