"""A subscriber: prints each message that it gets, with the time, until its input ends.

python -m tools.prove.fleet.listener PORT USER TOPIC …; the password is the first line of its input. Its lines are

    TIME ready             it is connected, and has subscribed
    TIME gone              the connection is lost
    TIME TOPIC PAYLOAD

with the time in ns of time.time_ns(). A message that the broker had retained is not printed. It is a process of its
own, so that what else runs does not delay its times.
"""

import sys
import threading
import time

from tools.prove.mosquitto import Listener

_AGAIN = 0.02  # s until the next attempt to connect


def main(port, user, *topics):
    told_by_both = threading.Lock()

    def told(text):
        with told_by_both:
            sys.stdout.write("%d %s\n" % (time.time_ns(), text))
            sys.stdout.flush()

    def heard(topic, payload, retained):
        if not retained:
            told("%s %s" % (topic, payload.decode()))

    def listen():
        while True:
            try:
                listener = Listener(int(port), heard, user, password, topics)
            except OSError:
                time.sleep(_AGAIN)
                continue
            told("ready")
            listener.wait()
            told("gone")

    password = sys.stdin.readline().strip()
    threading.Thread(target=listen, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
