"""The simulator as a user runs it, with spot prices: /prices and /health, on both runtimes."""

import time

import pytest

from han.store.config import Config
from han.store.flash import CONFIGURATION, Region
from host_sim.services.prices import market
from host_sim.hardware.flash import partition
from tools.measure import simulator


@pytest.mark.parametrize("runtime", [("cpython",), ("micropython", "--heap", "2M")])
def test_prices_of_today_in_the_simulator(tmp_path, runtime):
    image = partition(str(tmp_path / "state.bin"), 0x10000, "state")
    config = Config(Region(image, *CONFIGURATION))
    config.load()
    config.values.update({"s": True, "pa": "EE", "t": "Europe/Tallinn"})
    config.change(config.values)
    image.close()
    options = ["--runtime", *runtime, "--port", "0", "--state", str(tmp_path), "--price-fault", "elering=html"]
    with simulator.Simulator(*options) as reader:
        end = time.monotonic() + simulator.PATIENCE
        message, service = {"prices": []}, {}
        while not message["prices"] or service["error"] is None:
            assert time.monotonic() < end, (message, service)
            time.sleep(0.3)
            message = reader.get("/prices")
            now = time.time() * 1000
            service = [each for each in reader.get("/health")["services"] if each["name"] == "spotprices"][0]
    prices = message["prices"]
    assert len(prices) in range(92, 201)
    for start, price in prices:
        assert start % 900000 == 0
        assert price == pytest.approx(market.price("EE", start // 1000) / 1000)
    assert message["price"] in [price for start, price in prices if start <= now + 1000 and start > now - 901000]
    assert service["health"] == "degraded" and service["error"].startswith("elering: not JSON")
