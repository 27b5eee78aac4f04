"""The broker of `make soak`: ended at random, and a listener that counts what the reader says it has sent."""

import time

from tools.prove.mosquitto import Listener, Mosquitto

#: Looks at what the listener has, for each count; s between two of them. What is missing then is lost.
_LOOKS, _PAUSE = 200, 0.05
_TRIES = 40  # for a connection; in each some telegrams pass
_SOME = 6  # telegrams
_DOWN = 60  # most telegrams while there is no broker
_ENDS = "stop", "kill"


class Published:
    """A broker for the reader of a Soak, and what has come through it. chance: a random.Random."""

    def __init__(self, folder, chance):
        self._chance = chance
        self._broker = Mosquitto(folder)
        self._broker.start()
        self._listener = Listener(self._broker.port, self._heard)
        self._count = 0  # messages that count as sent, since the listener came
        self._before = None  # (s of the soak, sent, count) at the last look; None: it cannot be compared with
        self.messages = self.readings = self.lost = 0
        self.ends = {}  # {how the broker was ended: number}
        self.unasked = 0  # connections that were lost without that

    def settings(self):
        """The reader's settings of MQTT."""
        return {"mqtt": {"on": True, "host": "127.0.0.1", "port": self._broker.port}}

    # In the listener's thread.
    def _heard(self, topic, payload, retained):
        if topic.startswith("han/") and not topic.endswith("/status") and not retained:
            self._count += 1
            self.readings += topic.endswith("/meter")

    def begin(self):
        """The reader has been started again."""
        self._before = None

    def look(self, get, now):
        """Count what has not arrived since the last look, in which there was one connection. now: s of the soak."""
        before, self._before = self._before, None
        told = get("/out")["mqtt"]
        if told["state"] != "connected":
            return
        if before is None or told["since_s"] < now - before[0]:
            if before is not None:
                self.unasked += 1
            before = None
        for _ in range(_LOOKS):
            time.sleep(_PAUSE)
            sent, told = told["sent"], get("/out")["mqtt"]
            missing = before and told["sent"] - before[1] - (self._count - before[2])
            if sent == told["sent"] and not missing:
                break
        if before:
            self.messages += told["sent"] - before[1]
            self.lost += abs(missing)
        if told["state"] == "connected":
            self._before = now, told["sent"], self._count

    def restart(self, soak):
        """End the broker, start it again after some time, and wait for the reader. False where it does not come."""
        how = self._chance.choice(_ENDS)
        self.ends[how] = self.ends.get(how, 0) + 1
        getattr(self._broker, how)()
        self._listener.close()
        self._before = None
        soak.live(self._chance.randrange(1, _DOWN))
        self._broker.start()
        self._listener = Listener(self._broker.port, self._heard)
        for _ in range(_TRIES):
            soak.live(_SOME)
            if soak.get("/out")["mqtt"]["state"] == "connected":
                return True
        return False

    def close(self):
        """End the broker."""
        self._listener.close()
        self._broker.stop()
