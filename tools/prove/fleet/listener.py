"""A subscriber: prints each message that it gets, with the time, until its input ends.

python listener.py HOST PORT USER TOPIC …, in the environment of requirements-fleet.txt; the password is the first line
of its input. Its lines are

    TIME ready             it is connected, and has subscribed
    TIME gone              the connection is lost
    TIME TOPIC PAYLOAD

with the time in ns of time.time_ns(). A message that the broker had retained is not printed.
"""

import sys
import threading
import time

from paho.mqtt import client as mqtt

_AGAIN = 0.02  # s until the next attempt to connect


def main(host, port, user, *topics):
    def told(text):
        sys.stdout.write("%d %s\n" % (time.time_ns(), text))
        sys.stdout.flush()

    def connected(client, _, flags, reason, properties):
        if reason == 0:
            client.subscribe([(topic, 0) for topic in topics])

    def got(client, _, message):
        if not message.retain:
            told("%s %s" % (message.topic, message.payload.decode()))

    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, "listener-" + user)
    client.username_pw_set(user, sys.stdin.readline().strip())
    client.on_connect = connected
    client.on_subscribe = lambda *_: told("ready")
    client.on_disconnect = lambda *_: told("gone")
    client.on_message = got
    over = threading.Event()

    def watch():
        sys.stdin.read()
        over.set()
        client.disconnect()

    threading.Thread(target=watch, daemon=True).start()
    while not over.is_set():
        try:
            client.connect(host, int(port))
        except OSError:
            time.sleep(_AGAIN)
            continue
        # loop_forever() would wait for a second before it connects again.
        while not over.is_set() and client.loop(0.5) == mqtt.MQTT_ERR_SUCCESS:
            pass


if __name__ == "__main__":
    main(*sys.argv[1:])
