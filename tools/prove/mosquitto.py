"""The real mosquitto on a port of this computer, and a client that listens to it, for soak, fleet and the tests."""

import getpass
import os
import pathlib
import shutil
import socket
import subprocess
import threading
import time

from paho.mqtt import client as mqtt

from host_sim.command.opened import free_port

#: Where Debian has it, which is not in everybody's PATH.
PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"])
#: Why something with a broker is left out.
MISSING = "no mosquitto here (Debian: apt-get install mosquitto)"
_PATIENCE = 60  # s; nothing takes so long, even on a slow machine
_LOOK = 0.01  # s
_TICK = 0.5  # s
_ANYBODY = ("allow_anonymous true",)


def program(name="mosquitto"):
    """The path of one of mosquitto's programs; None where it is not installed."""
    return shutil.which(name, path=PATH)


class Mosquitto:
    """A broker on a free port. It keeps nothing over a restart, unless its configuration says so.

    lines  of its configuration, beside the port and its log
    """

    def __init__(self, folder, lines=_ANYBODY):
        self.folder = pathlib.Path(folder)
        self.port = free_port("127.0.0.1", 0)
        self.lines = lines
        self.process = None

    def configured(self):
        """The path of its configuration, which is written."""
        told = ["listener %d 127.0.0.1" % self.port, "log_dest stdout", "max_queued_messages 0", *self.lines]
        if os.geteuid() == 0:
            told.append("user " + getpass.getuser())  # else it would not be allowed to read its own files
        path = self.folder / "mosquitto.conf"
        path.write_text("\n".join(told) + "\n")
        return path

    def start(self):
        """Start it; returns when it listens."""
        path = self.configured()
        with open(self.folder / "mosquitto.log", "a") as log:
            command = [program(), "-c", str(path)]
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert self.process.poll() is None and time.monotonic() < end, self.said()
                time.sleep(_LOOK)

    def said(self):
        """Its log."""
        return (self.folder / "mosquitto.log").read_text()

    def stop(self):
        """End it in good order, if it was started."""
        if self.process:
            self.process.terminate()
            self.process.wait(_PATIENCE)

    def kill(self):
        """End it as a crash would."""
        self.process.kill()
        self.process.wait(_PATIENCE)


class Listener:
    """A client that has subscribed to topics. It ends with the broker, or with close(). OSError: none takes it.

    heard(topic, payload, retained) is called in its thread with each message; retained: the broker had kept it
    """

    def __init__(self, port, heard, user=None, password=None, topics=("#",)):
        name = "listener-%d-%d" % (os.getpid(), id(self))
        self._client = client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, name)
        if user:
            client.username_pw_set(user, password)
        answered, subscribed = threading.Event(), threading.Event()

        def on_subscribe(*_):
            subscribed.set()
            answered.set()

        client.on_connect = lambda *_: client.subscribe([(topic, 0) for topic in topics])
        client.on_subscribe = on_subscribe
        client.on_message = lambda _, __, message: heard(message.topic, message.payload, message.retain)
        client.connect("127.0.0.1", port)
        self._thread = threading.Thread(target=self._listen, args=(answered,), daemon=True)
        self._thread.start()
        answered.wait(_PATIENCE)
        if not subscribed.is_set():
            raise OSError("the broker refuses it, or does not answer")

    # In its thread. loop_forever() would connect again.
    def _listen(self, answered):
        while self._client.loop(_TICK) == mqtt.MQTT_ERR_SUCCESS:
            pass
        answered.set()  # there will be no other answer

    def publish(self, topic, payload):
        """Send a message that the broker keeps."""
        self._client.publish(topic, payload, 1, True).wait_for_publish(_PATIENCE)

    def wait(self):
        """Wait until it has ended."""
        self._thread.join()

    def close(self):
        """Stop listening."""
        self._client.disconnect()
        self._thread.join(_PATIENCE)
