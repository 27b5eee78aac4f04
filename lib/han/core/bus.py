"""Latest value of each topic, and mailboxes for those who want to hear of changes."""
import asyncio


class Mailbox:
    """One slot for each topic: the newest value wins, what it displaces is counted."""

    def __init__(self, bus, topics):
        self.dropped = 0
        self._bus = bus
        self._topics = topics
        self._values = {}
        self._order = []  # topics with a value, oldest first: a busy topic starves no other
        self._event = asyncio.Event()

    def put(self, topic, value):
        """Deliver a value; any topic may be put, subscribed to or not. Never blocks."""
        if topic in self._values:
            self.dropped += 1
        else:
            self._order.append(topic)
        self._values[topic] = value
        self._event.set()

    async def get(self):
        """(topic, value) of the topic that waits longest. For one reader."""
        while not self._order:
            self._event.clear()
            await self._event.wait()
        topic = self._order.pop(0)
        return topic, self._values.pop(topic)

    def close(self):
        """No more deliveries."""
        for topic in self._topics:
            boxes = self._bus.boxes[topic]
            if self in boxes:
                boxes.remove(self)


class Bus:
    """Where a part publishes what others subscribe to, neither knowing the other."""

    def __init__(self):
        self.latest = {}  # topic -> last value published
        self.count = {}  # topic -> how often it was published
        self.boxes = {}  # topic -> mailboxes

    def publish(self, topic, value):
        """Make value the latest of topic and deliver it. Never blocks, never waits."""
        self.latest[topic] = value
        self.count[topic] = self.count.get(topic, 0) + 1
        for box in self.boxes.get(topic, ()):
            box.put(topic, value)

    def subscribe(self, *topics):
        """A mailbox for these topics; close() it when done."""
        box = Mailbox(self, topics)
        for topic in topics:
            self.boxes.setdefault(topic, []).append(box)
        return box
