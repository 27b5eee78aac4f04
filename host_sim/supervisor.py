"""Keeps the board's process: starts it, feeds its line, passes on the wish to stop, starts it again."""

import json
import os
import signal
import subprocess
import sys
import time

#: Exit status of a board that wants to be started again.
RESTART = 75

# machine.reset_cause(): after a loss of power, after the watchdog, after anything else.
_POWER_ON, _RESET, _WATCHDOG = 1, 2, 3

_STOP_SECONDS = 10  # for an orderly end; then it is killed
_LOOK_SECONDS = 0.01


class Supervisor:
    """One board's process with these settings.

    sender  what its line carries, None for a serial device
    lock    an open file that it holds as long as it lives
    """

    def __init__(self, settings, sender, lock):
        self._lock = lock
        self._settings = settings
        self._sender = sender
        self._child = None
        self._stopping = None  # since when, time.monotonic()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)

    def _stop(self, number, frame):
        if self._child is None:
            raise SystemExit(0)
        if self._stopping:  # someone insists
            self._child.kill()
        self._stopping = self._stopping or time.monotonic()

    def run(self, flash, command):
        """Run the board until it or its user ends it; the exit status.

        flash    a host_sim.hardware.slots.Flash, whose loader is asked after each reset
        command  of its result, True for the application from the sources: (command line, environment, folder)
        """
        self._settings["cause"] = _POWER_ON
        shown = "slot1"  # what a run from the sources is in, until it has been updated
        while True:
            slot = flash.load()
            if slot is None:
                print("host_sim: the chip's loader finds no application in either slot", file=sys.stderr)
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
        # A process group of its own, as a Ctrl-C in the terminal is for this process alone; not a session of its
        # own, or a terminal opened as the HAN line would become its own and end it by hanging up.
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
            pass  # it is gone: its status tells
        self._hung = False
        watchdog = Watchdog(self._settings["state"])
        while child.poll() is None:
            if watchdog.barks() and not self._stopping:
                self._hung = True
                child.kill()
            if self._stopping:
                child.stdin.close()  # which it takes for the end
                if time.monotonic() - self._stopping > _STOP_SECONDS:
                    child.kill()
            elif self._sender:
                try:
                    self._sender.send(child.stdin.fileno())
                except BrokenPipeError:
                    pass
            time.sleep(_LOOK_SECONDS)
        return child.returncode


class Watchdog:
    """The chip's: the board's process writes a file in its state folder, the time that it has (ms) first.

    It is the computer's time at every speed: a busy computer is not faster where the meter is.
    """

    def __init__(self, folder):
        self._path = os.path.join(folder, "watchdog")
        self._seen = None
        self._since = self._looked = time.monotonic()
        try:
            os.unlink(self._path)
        except FileNotFoundError:
            pass

    def barks(self):
        """True once the time has passed without anything new in the file. Nobody watches before there is one."""
        now = time.monotonic()
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
