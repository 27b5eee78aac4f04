"""`make fleet`: readers of a house and one broker. Is a message lost, and how long is it under way?

Simulated readers, each a process of its own on MicroPython's unix port, are switched to MQTT by
docs/fleet/provision.sh, and talk to a real mosquitto that has the files of docs/fleet. Each meter's telegrams carry its
clock, so each message is known that has to come. In the middle the broker is restarted once. What a reader reads until
it is connected again is counted apart: such readings are not kept for the broker, the latest one is sent late.
"""

import argparse
import pathlib
import sys
import tempfile

from staging import keyring, page
from tools.dev.progress import Progress
from tools.prove.fleet.broker import Broker, missing
from tools.prove.fleet.readers import Fleet
from tools.prove.fleet.trial import RESTART, Listener, Trial, provision
from tools.prove.jumping import with_heap

_TOPICS = ("han/#",)


def run(options):
    """Run it and print the report; True if no message was lost and none came twice."""
    page.build()
    keyring.write_module()
    with tempfile.TemporaryDirectory(prefix="han-fleet-") as temporary, Progress() as progress:
        folder = pathlib.Path(temporary)
        broker = Broker(folder / "broker")
        listener = None
        try:
            with Fleet(options, folder, progress.tell) as fleet:
                progress.tell("provision.sh")
                password = provision(fleet, broker, folder)
                broker.start()
                listener = Listener(broker, "telegraf", password, _TOPICS)
                fleet.skip()
                trial = Trial(fleet, broker, listener, progress.tell)
                trial.begin()
                trial.last(options.seconds / 2, "before the restart of the broker")
                trial.restart()
                trial.last(options.seconds / 2, "after it")
                trial.end()
        finally:
            if listener:
                listener.close()
            broker.stop()
    return report(options, trial.tally)


def report(options, tally):
    """Print the results; True if all are good."""
    lost, delays = tally.lost(), [1000 * each for each in tally.delays()]
    telegrams, came, back = tally.meanwhile(RESTART)
    outside = len(delays)
    print("%d simulated readers, a telegram every %d s, seed %d, one mosquitto, restarted once" % (
        options.n, options.period, options.seed))  # fmt: skip
    print("readings   %8d at the subscriber" % outside)
    print("messages   %8d, lost %d, twice %d, of nobody %d" % (tally.messages, lost, tally.duplicates, tally.unknown))
    if delays:
        print("delay      %8.1f ms median, %.1f ms for 95 %%, %.1f ms at most, from a telegram's last bit" % (
            delays[outside // 2], delays[outside * 95 // 100], delays[-1]))  # fmt: skip
    print("restart    %8d telegrams around it, of which %d came; all readers were back after %.1f s" % (
        telegrams, came, max(back.values())))  # fmt: skip
    good = bool(delays) and not (lost or tally.duplicates or tally.unknown)
    print("as it should be" if good else "NOT as it should be")
    return good


def main(arguments=None):
    parse = argparse.ArgumentParser("python -m tools.prove.fleet", description=__doc__.splitlines()[0])
    parse.add_argument("--n", type=int, default=50, help="number of readers (50)")
    parse.add_argument("--seconds", type=float, default=120, help="s, half of it before the broker's restart (120)")
    parse.add_argument("--period", type=int, default=10, help="s between two telegrams of a reader (10)")
    parse.add_argument("--seed", type=int, default=1)
    parse.add_argument("--heap", help="size of MicroPython's heap (640k)")
    parse.add_argument("--runtime", choices=("cpython", "micropython"), default="micropython")
    wanted = missing()
    if wanted:
        sys.exit("fleet: %s is not installed (Debian: apt-get install %s)" % (wanted, wanted))
    return 0 if run(with_heap(parse, arguments, "640k")) else 1


if __name__ == "__main__":
    sys.exit(main())
