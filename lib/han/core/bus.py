"""The bus: keeps the latest value of each topic, and delivers each new value to the mailboxes of its subscribers."""
import asyncio


class Mailbox:
    """A subscriber's mailbox, with room for one value of each topic. A newer value replaces one not yet taken."""

    def __init__(self, bus, topics):
        self.dropped = 0  # values that were replaced
        self._bus = bus
        self._topics = topics
        # topic, value, topic, value …: the oldest topic is first, so that a busy one does not delay the others
        self._waiting = []
        self._event = asyncio.Event()

    def put(self, topic, value):
        """Deliver a value of a topic, also of one that was not subscribed to. Never waits."""
        waiting = self._waiting
        for at in range(0, len(waiting), 2):
            if waiting[at] == topic:
                self.dropped += 1
                waiting[at + 1] = value
                break
        else:
            waiting.append(topic)
            waiting.append(value)
        self._event.set()

    async def get(self):
        """Take (topic, value) of the topic that has waited longest, or wait for one. For one task at a time."""
        waiting = self._waiting
        while not waiting:
            self._event.clear()
            await self._event.wait()
        return waiting.pop(0), waiting.pop(0)

    def close(self):
        """Unsubscribe: nothing more is delivered."""
        for topic in self._topics:
            boxes = self._bus.boxes[topic]
            if self in boxes:
                boxes.remove(self)


class Bus:
    """Parts publish values of topics here, and other parts subscribe to them. Neither knows the other."""

    def __init__(self):
        self.latest = {}  # topic -> last value published
        self.count = {}  # topic -> how often it was published
        self.boxes = {}  # topic -> mailboxes

    def publish(self, topic, value):
        """Make a value the latest of its topic, and deliver it. Never waits."""
        self.latest[topic] = value
        self.count[topic] = self.count.get(topic, 0) + 1
        for box in self.boxes.get(topic, ()):
            box.put(topic, value)

    def subscribe(self, *topics, kind=Mailbox):
        """A Mailbox, or one of another kind, for these topics. The caller must close() it in the end."""
        box = kind(self, topics)
        for topic in topics:
            self.boxes.setdefault(topic, []).append(box)
        return box
