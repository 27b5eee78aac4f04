"""The network's supervisor in all situations of a network, weeks of them in seconds."""


from host_sim.radio.air import AccessPoint
from tests.net.air import WIFI, World

WEEK = 7 * 86400


def online(world):
    return world.addresses()[0] is not None


def connected(**values):
    """A World on WiFi."""
    world = World(w=WIFI, **values)
    world.until(lambda: online(world), 20)
    return world


def test_wifi_comes_up_and_then_nothing_is_left_to_do():
    world = World(w=WIFI)
    assert world.board.called == "han-reader-abcd"
    assert world.until(lambda: online(world), 20) <= 6
    assert world.addresses() == ("192.168.7.20", None)
    world.run(5)
    assert world.told == ("ok", None) and world.links.lost is None
    assert world.idle() and world.links.setup is None
    assert world.sta.attempts == 1
    world.run(WEEK, 60)
    assert world.sta.attempts == 1 and world.idle()


def test_an_access_point_that_is_gone_for_three_weeks():
    world = connected()
    world.air.points.remove(world.home)
    world.run(30)
    assert world.told[0] == "failed" and "no such network" in world.told[1], world.told
    assert world.links.lost is not None and world.addresses() == (None, None)
    world.run(3 * WEEK, 60)
    # Never less than once in two minutes, and not all the time: the access point of setup needs the radio too.
    assert 3 * WEEK // 180 <= world.sta.attempts <= 3 * WEEK // 15
    assert world.links.setup and world.links.setup.name == "HAN-Reader-ABCD"
    world.air.points.append(world.home)
    world.until(lambda: online(world), 180)
    assert world.told[0] == "ok" and world.links.lost is None
    world.run(90)
    assert world.links.setup is None and world.told == ("ok", None) and not world.ap.active()


def test_a_reader_that_starts_before_its_access_point():
    world = World(w=WIFI)
    world.air.points.clear()
    world.run(300)
    assert world.links.setup is None  # a power cut: the router takes its time
    world.air.points.append(world.home)
    world.until(lambda: online(world), 90)


def test_a_wrong_password_is_told_and_then_corrected():
    world = World(w={"s": "Home", "p": "wrong horse"})
    world.run(60)
    assert world.told[0] == "failed" and "wrong password" in world.told[1], world.told
    world.run(600)
    assert world.links.setup and "setup is open" in world.told[1]
    assert world.ap.config("security") == 0  # it has never worked: everybody may put it right
    world.change(w=WIFI)
    world.until(lambda: online(world), 30)
    world.run(90)
    assert world.config.get("w", "p") == "correct horse" and "older" not in world.config.values
    assert world.told == ("ok", None) and world.links.setup is None


def test_the_password_of_the_access_point_changes_and_changes_back():
    world = connected()
    world.home.key = "battery staple"
    world.run(60)
    assert not online(world) and "wrong password" in world.told[1]
    world.run(WEEK, 60)
    # It has worked: who knows its password may set the reader up.
    assert world.links.setup and world.ap.config("security") == 3
    world.home.key = "correct horse"
    world.until(lambda: online(world), 180)


def test_another_channel():
    world = connected()
    world.home.channel = 11
    world.run(7)
    world.until(lambda: online(world), 60)
    assert world.told[0] == "ok"


def test_dhcp_that_stops_answering():
    world = connected()
    world.home.dhcp = None
    assert world.until(lambda: not online(world), 130) > 100
    assert world.sta.isconnected()  # says the port
    assert world.told == ("failed", "wifi: no address by DHCP")
    world.run(86400, 60)
    assert not online(world)
    world.home.dhcp = ("192.168.7.20", "255.255.255.0", "192.168.7.1", None)
    world.until(lambda: online(world), 180)


def test_dhcp_that_never_answers():
    world = World(w=WIFI)
    world.home.dhcp = None
    world.run(30)
    assert not online(world) and world.told[0] == "failed"
    assert world.sta.attempts >= 2


def test_another_address_is_no_reason_to_disconnect():
    world = connected()
    world.run(10)
    world.home.dhcp = ("192.168.7.99", "255.255.255.0", "192.168.7.1", None)
    world.run(5)
    assert world.addresses() == ("192.168.7.99", None)
    assert world.sta.attempts == 1 and world.told == ("ok", None)
    assert world.log.entries()[-1][-1] == "network: wifi 192.168.7.99"


def test_a_ghost_is_not_a_connection():
    world = connected()
    world.home.ghost = True
    world.run(1)
    assert world.sta.isconnected() and not online(world)
    world.home.ghost = False
    world.until(lambda: online(world), 60)
    assert world.sta.attempts >= 2


def test_a_gateway_that_falls_silent():
    world = connected()
    wifi = world.links.wlan
    wifi.proven = True
    wifi.missed = 3
    world.run(1)
    assert not online(world)
    world.until(lambda: online(world), 60)
    assert world.sta.attempts == 2 and not wifi.proven


def test_a_driver_that_refuses_is_tried_again():
    world = connected()
    connect, active = world.sta.connect, world.sta.active
    calls = []

    def refuse(*arguments):
        calls.append(arguments)
        raise OSError("Wifi Internal Error")

    def no_memory(*state):
        if state:
            raise RuntimeError("Wifi Unknown Error 0x0101")
        return active()

    world.sta.connect, world.sta.active = refuse, no_memory
    world.air.points.remove(world.home)
    world.run(60)
    world.air.points.append(world.home)
    world.run(600)
    assert len(calls) > 8 and not online(world)
    world.sta.connect, world.sta.active = connect, active
    world.until(lambda: online(world), 90)


# --- policy


def test_auto_takes_the_cable_and_leaves_the_radio_alone():
    world = World(cable=True, w=WIFI)
    world.run(60)
    assert world.addresses() == (None, "192.168.1.50") and world.links.wlan is None
    assert world.told == ("ok", None) and world.idle()


def test_auto_falls_back_to_wifi_and_returns():
    world = World(cable=True, w=WIFI)
    world.run(60)
    world.board.cable.cable = False
    world.until(lambda: online(world), 25)
    world.run(20)
    assert world.addresses() == ("192.168.7.20", None) and world.told == ("ok", None)
    assert world.idle()  # and still it is seen when the cable is back
    world.run(WEEK, 60)
    world.board.cable.cable = True
    world.run(5)
    assert world.addresses() == ("192.168.7.20", "192.168.1.50")  # not before the cable has proved itself
    world.run(40)
    assert world.addresses() == (None, "192.168.1.50") and not world.sta.active()
    assert world.idle()


def test_auto_without_a_socket_for_a_cable_starts_wifi_at_once():
    world = World(w=WIFI)
    assert world.until(lambda: online(world), 20) <= 6
    world = World(cable=False, w=WIFI)
    assert 8 <= world.until(lambda: online(world), 30) <= 16


def test_the_cable_is_pulled_with_eth_sta():
    world = World(cable=True, np="eth_sta", w=WIFI)
    world.until(lambda: world.addresses() == ("192.168.7.20", "192.168.1.50"), 20)
    world.run(5)
    # The port's handler has taken WiFi's event for its own.
    assert not world.board.cable.isconnected()
    assert world.told == ("ok", None)
    world.board.cable.cable = False
    world.run(2)
    assert world.addresses() == ("192.168.7.20", None) and world.links.lost is None
    assert world.told[0] == "degraded" and "eth: no cable" in world.told[1]
    world.run(86400, 30)
    world.board.cable.cable = True
    world.until(lambda: world.addresses()[1], 10)
    world.run(2)
    assert world.told == ("ok", None)


def test_eth_and_sta_alone():
    world = World(cable=True, np="sta", w=WIFI)
    world.run(60)
    assert world.addresses() == ("192.168.7.20", None) and not world.board.cable.active()
    world = World(cable=False, np="eth", w=WIFI)
    world.run(300)
    assert world.addresses() == (None, None) and not world.sta.active()
    assert "eth: no cable" in world.told[1] and world.told[0] == "failed"


def test_ethernet_whose_dhcp_falls_silent():
    world = World(cable=True, np="eth")
    world.run(10)
    assert world.addresses() == (None, "192.168.1.50")
    given, world.board.cable.dhcp = world.board.cable.dhcp, None
    world.run(130)
    assert world.addresses() == (None, None)
    world.run(WEEK, 60)
    world.board.cable.dhcp = given
    world.until(lambda: world.addresses()[1], 310)


def test_static_addresses():
    fixed = {"m": "static", "i": "192.168.7.77", "s": "255.255.255.0", "g": "192.168.7.1", "d1": "9.9.9.9"}
    world = World(w=dict(WIFI, n=fixed))
    world.home.dhcp = None  # nobody is asked
    world.until(lambda: online(world), 20)
    assert world.sta.ifconfig() == ("192.168.7.77", "255.255.255.0", "192.168.7.1", "9.9.9.9")
    world.air.points.remove(world.home)
    world.run(20)
    assert world.addresses() == (None, None)
    world.air.points.append(world.home)
    world.until(lambda: online(world), 60)
    world.home.dhcp = ("192.168.7.20", "255.255.255.0", "192.168.7.1", None)
    world.change(w={"n": dict(fixed, m="dhcp")})
    world.run(15)
    assert world.addresses() == ("192.168.7.20", None)


def test_a_static_address_on_the_cable():
    fixed = {"m": "static", "i": "192.168.1.77", "s": "255.255.255.0", "g": "192.168.1.1", "d1": "192.168.1.1"}
    world = World(cable=True, np="eth_sta", e={"n": fixed}, w=WIFI)
    world.until(lambda: world.addresses() == ("192.168.7.20", "192.168.1.77"), 20)
    world.run(20)
    assert world.addresses() == ("192.168.7.20", "192.168.1.77")
    world.board.cable.cable = False
    world.run(2)
    assert world.board.cable.ifconfig()[0] == "192.168.1.77" and world.addresses()[1] is None
    world.board.cable.cable = True
    world.until(lambda: world.addresses()[1], 5)


# --- new settings


def test_new_settings_that_work_stay():
    world = connected()
    world.air.points.append(AccessPoint("Other", "battery staple", 1, -40, ("10.0.0.5", "255.0.0.0", "10.0.0.1", None)))
    world.run(60)
    world.change(w={"s": "Other", "p": "battery staple"})
    assert "older" in world.config.values and online(world)  # the answer has still to get out
    world.run(15)
    assert world.addresses() == ("10.0.0.5", None) and "older" not in world.config.values
    world.run(3600, 10)
    assert world.addresses() == ("10.0.0.5", None) and world.config.get("w", "s") == "Other"
    assert world.config.get("w", "p") == "battery staple"


def test_a_network_that_cannot_be_reached_is_taken_back_after_a_minute():
    for new in ({"s": "Nowhere"}, {"p": "wrong horse"}, {"e": False}):
        world = connected()
        world.run(60)
        world.bus.count.clear()
        world.change(w=new)
        world.run(55)
        assert not online(world) and "older" in world.config.values
        world.run(8)
        assert "older" not in world.config.values and world.config.get("w", "s") == "Home"
        assert world.config.get("w", "p") == "correct horse" and world.config.get("w", "e")
        assert world.bus.count["configuration"] == 1
        world.run(15)
        health, error = world.told
        assert online(world) and health == "degraded" and error.startswith("new settings taken back: "), error
        world.run(3600, 10)
        assert world.told == ("ok", None) and world.idle()


def test_policy_that_leads_nowhere_is_taken_back():
    world = World(cable=False, np="sta", w=WIFI)
    world.run(60)
    world.change(np="eth")
    world.run(65)
    assert world.config.get("np") == "sta"
    world.until(lambda: online(world), 30)


def test_new_wifi_beside_a_cable_that_works():
    world = World(cable=True, np="eth_sta", w=WIFI)
    world.run(60)
    world.change(w={"s": "Nowhere"})
    world.run(65)
    assert world.config.get("w", "s") == "Home" and world.links.lost is None
    # With auto it is not tried while there is a cable.
    world = World(cable=True, w=WIFI)
    world.run(60)
    world.change(w={"s": "Nowhere"})
    world.run(600)
    assert world.config.get("w", "s") == "Nowhere" and "older" not in world.config.values


def test_a_second_change_goes_back_to_what_worked_last():
    world = connected()
    world.run(60)
    world.change(w={"s": "Nowhere"})
    world.run(20)
    world.change(w={"s": "Elsewhere"})
    world.run(70)
    assert world.config.get("w", "s") == "Home"


def test_a_restart_in_between_gives_them_another_minute():
    world = connected()
    world.run(60)
    world.change(w={"s": "Nowhere"})
    world.run(20)
    again = World(memory=world.board.flash)
    assert again.config.get("w", "s") == "Nowhere"
    again.run(65)
    assert again.config.get("w", "s") == "Home"
    again.until(lambda: online(again), 30)
    assert "older" not in World(memory=world.board.flash).config.values


def test_the_first_network_is_never_taken_back():
    world = World()
    world.run(20)
    assert world.links.setup
    world.change(w={"s": "Home", "p": "wrong horse"})
    world.run(3600, 10)
    assert world.config.get("w", "s") == "Home" and not online(world)
    assert world.links.setup and "wrong password" in world.told[1]
    world.close()


def test_flash_that_refuses_does_not_keep_the_old_network_away():
    world = connected()
    world.run(60)
    world.change(w={"s": "Nowhere"})
    world.run(20)

    def refuse(values):
        raise OSError(5)

    world.config.change = refuse
    world.until(lambda: online(world), 90)
    assert world.config.get("w", "s") == "Home"
