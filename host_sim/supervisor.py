"""Keeps the board's process: starts it, feeds its line, passes on the wish to stop, starts it again."""

import json
import os
import signal
import subprocess
import sys
import time

#: Exit status of a board that wants to be started again.
RESTART = 75

_STOP_SECONDS = 10  # for an orderly end; then it is killed
_LOOK_SECONDS = 0.01


class Supervisor:
    """One board's process with these settings.

    sender  what its line carries, None for a serial device
    lock    an open file that it holds as long as it lives
    """

    def __init__(self, settings, sender, lock):
        self._lock = lock
        self._settings = json.dumps(settings).encode() + b"\n"
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

    def run(self, line, environment, folder):
        """Run the board until it or its user ends it; the exit status."""
        while True:
            status = self._once(line, environment, folder)
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
            child.stdin.write(self._settings)
            os.set_blocking(child.stdin.fileno(), False)
        except BrokenPipeError:
            pass  # it is gone: its status tells
        while child.poll() is None:
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
