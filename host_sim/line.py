"""Plugs something into a board's HAN port: a simulated meter, recordings, or a real line."""

from host_sim.uart import Uart


def plug(board, meter=None, replay=None, serial=None, any_setting=False):
    """Give the board its uart; the first of serial (a path), replay (paths) and meter (a name) counts.

    any_setting tells that the serial path is a pseudo-terminal. OSError where a path cannot be opened.
    """
    if serial:
        from host_sim.serial import SerialUart

        board.uart = SerialUart(serial, board.ticks_ms, any_setting)
        return
    # Only what is used is imported: the simulated meter shares its heap with the application.
    if replay:
        from host_sim.replay import ReplaySource

        board.uart = Uart(board.ticks_us, ReplaySource(replay))
        return
    from host_sim.house import House
    from host_sim.meters import create
    from host_sim.metersource import MeterSource

    kind = create(meter)
    house = House(board.utc_ms() // 1000, board.seed, kind.ZONE_MIN, board.saved("house"))
    board.on_save = lambda: {"house": house.save()}
    board.uart = Uart(board.ticks_us, MeterSource(kind, house, board.epoch_us(), board.save))
