"""What tools/prove/soak.py does to the network."""

from host_sim.radio.air import Air, neighbourhood
from host_sim.services.outages import WAYS, Outages


def test_each_outage_changes_the_network_for_its_time_only():
    air = Air(*neighbourhood("127.0.0.1"))
    home = air.points[0]

    def seen():
        return home in air.points, home.key, home.dhcp, home.channel, home.ghost, air.mute

    good = seen()
    outages = Outages(air, [[10 * k + 5, 10 * k + 10, way] for k, way in enumerate(WAYS)])
    found = []
    for k in range(len(WAYS)):
        outages.look(10 * k + 4)
        assert seen() == good
        outages.look(10 * k + 5)
        found.append(seen())
    outages.look(10 * len(WAYS))
    assert seen() == good
    assert good not in found and len(set(found)) == len(WAYS)
