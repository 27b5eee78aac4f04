"""Runs the board's process: starts it, sends the meter's transmissions to it, stops it, and starts it again."""

import json
import os
import signal
import subprocess
import sys
import time

#: Exit status of a board that wants to be started again.
RESTART = 75

# machine.reset_cause(): after a loss of power, after any other reset, after the watchdog.
_POWER_ON, _RESET, _WATCHDOG = 1, 2, 3

_STOP_SECONDS = 10  # time that the process has for an orderly end, see OwnTime; then it is killed
_LOOK_SECONDS = 0.01


class Supervisor:
    """Runs one board's process with these settings.

    sender  the host_sim.line.sender.Sender of its line, None for a serial device
    lock    file descriptor of a lock, which the process holds as long as it lives
    """

    def __init__(self, settings, sender, lock):
        self._lock = lock
        self._settings = settings
        self._sender = sender
        self._child = None
        self._stopping = False  # a signal to stop has come
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)

    def _stop(self, number, frame):
        if self._child is None:
            raise SystemExit(0)
        if self._stopping:  # the second signal
            self._child.kill()
        self._stopping = True

    def run(self, flash, command):
        """Run the board until it ends or the user stops it; the exit status.

        flash            a host_sim.hardware.slots.Flash, whose loader picks the slot after each reset
        command(frozen)  (command line, environment, folder) of the process; frozen: the slot runs the sources
        """
        self._settings["cause"] = _POWER_ON
        shown = "slot1"  # the sources run in this slot until an update
        while True:
            slot = flash.load()
            if slot is None:
                print("host_sim: the chip's loader found no application in either slot", file=sys.stderr)
                return 1
            frozen = flash.frozen(slot)
            if slot != shown or not frozen:
                print("host_sim: %s, %s" % (slot, "from the sources" if frozen else "from its image"), file=sys.stderr)
                shown = slot
            self._settings["slot"] = slot
            self._settings["sources"] = frozen
            status = self._once(*command(frozen))
            self._settings["cause"] = _RESET
            if self._hung:
                print("host_sim: nobody fed the watchdog: the board starts again", file=sys.stderr)
                self._settings["cause"], status = _WATCHDOG, RESTART
            if self._stopping or status != RESTART:
                break
        if status < 0:
            print("host_sim: the board was ended by signal %d" % -status, file=sys.stderr)
            return 1
        return 0 if status == RESTART else status

    def _once(self, line, environment, folder):
        # The child gets its own process group, so that Ctrl-C in the terminal reaches this process alone. It gets no
        # session of its own: a terminal opened as the HAN line would become its controlling terminal, and end the
        # child by hanging up.
        self._child = child = subprocess.Popen(
            line,
            env=environment,
            cwd=folder,
            stdin=subprocess.PIPE,
            bufsize=0,
            preexec_fn=os.setpgrp,
            pass_fds=(self._lock,),
        )
        try:
            child.stdin.write(json.dumps(self._settings).encode() + b"\n")
            os.set_blocking(child.stdin.fileno(), False)
        except BrokenPipeError:
            pass  # the child has ended; its exit status says why
        self._hung = False
        now = OwnTime(child.pid).seconds
        watchdog = Watchdog(self._settings["state"], now)
        stopping = None
        while child.poll() is None:
            if watchdog.barks() and not self._stopping:
                self._hung = True
                child.kill()
            if self._stopping:
                child.stdin.close()  # the child stops when its input ends
                stopping = stopping or now()
                if now() - stopping > _STOP_SECONDS:
                    child.kill()
            elif self._sender:
                try:
                    self._sender.send(child.stdin.fileno())
                except BrokenPipeError:
                    pass
            time.sleep(_LOOK_SECONDS)
        return child.returncode


class OwnTime:
    """The time of a process: what it has worked or waited for something, without what it waited for a processor.

    A busy computer makes nothing late by it. Where the system does not tell (only Linux does), it is the computer's.
    """

    def __init__(self, pid):
        self._path = "/proc/%d/schedstat" % pid
        self._queued = 0

    def seconds(self):
        """Seconds from anywhere; they go on after the end of the process."""
        try:
            with open(self._path) as file:
                self._queued = int(file.read().split()[1]) / 1e9
        except (OSError, ValueError, IndexError):
            pass
        return time.monotonic() - self._queued


class Watchdog:
    """The chip's watchdog. The board's process feeds it by writing a file in the state folder: first its limit, ms.

    now: says the seconds of the board's process. At every speed the limit is in these: a high speed makes no computer
    faster.
    """

    def __init__(self, folder, now):
        self._path = os.path.join(folder, "watchdog")
        self._now = now
        self._seen = None
        self._since = self._looked = now()
        try:
            os.unlink(self._path)
        except FileNotFoundError:
            pass

    def barks(self):
        """True if the file has not changed for the limit; False as long as there is no file."""
        now = self._now()
        if now - self._looked < 1:
            return False
        self._looked = now
        try:
            with open(self._path) as file:
                text = file.read()
        except FileNotFoundError:
            return False
        if text != self._seen or not text:  # empty: it is being written
            self._seen, self._since = text, now
            return False
        return now - self._since > int(text.split()[0]) / 1000
