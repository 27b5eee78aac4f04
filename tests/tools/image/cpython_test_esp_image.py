"""Published images of MicroPython taken apart: each of their forms, and everything that can be wrong with one."""

import struct

import esptool
import pytest
from esptool import bin_image

from host_sim import standin
from staging import ImageError
from tests.tools.image import micropython
from tools.image import esp_image, partitions

APP = micropython.application()


def wrong(data):
    with pytest.raises(ImageError) as caught:
        esp_image.take_apart(bytes(data), "mp.bin")
    assert str(caught.value).startswith("mp.bin: ")
    return str(caught.value)


def test_the_release_that_is_frozen_into_it():
    found, _ = esp_image.take_apart(micropython.frozen(version="10.20.30.40"))
    assert (found.release, found.version) == ("10.20.30.40", "1.28.0")
    for text in (b"v1.27.0", b"", b"han-reader 1.2.3", b"han-reader 1.2.3.4-dirty", b"other 1.2.3.4", b"\xff" * 32):
        assert esp_image.take_apart(micropython.application(version=text))[0].release is None


def put(data, at, new):
    data = bytearray(data)
    data[at : at + len(new)] = new
    return bytes(data)


@pytest.mark.parametrize("chip, name", [
    (0, "ESP32"), (2, "ESP32-S2"), (5, "ESP32-C3"), (9, "ESP32-S3"), (13, "ESP32-C6"),
])
def test_combined_and_app_bin_of_each_chip(chip, name):
    app = micropython.application(chip=chip)
    found, bootloader = esp_image.take_apart(app)
    assert (found.chip, found.version, found.data, bootloader) == (name, "1.27.0", app, None)
    for ota in (True, False):
        data = micropython.combined(app, chip, ota)
        found, bootloader = esp_image.take_apart(data)
        assert (found.chip, found.data) == (name, app)
        assert bootloader == micropython.bootloader(chip) and data.startswith(bootloader)
        # What a download or a signature has left behind the image is not of it.
        assert esp_image.take_apart(data + b"\xff" * 5000)[0].data == app


@pytest.mark.parametrize("text, version", [
    (b"v1.26.0", "1.26.0"), (b"v1.28.0-preview.123.gabcdef012", "1.28.0"), (b"1.27.0-dirty", "1.27.0"),
    (b"v1.29", "1.29"),
])  # fmt: skip
def test_the_version_is_the_descriptions(text, version):
    assert esp_image.take_apart(micropython.application(version=text))[0].version == version


def test_without_one_it_is_the_banners():
    banner = b"MicroPython v1.27.0 on 2025-12-09; Generic ESP32 module with ESP32\0"
    assert esp_image.take_apart(micropython.application(version=b"1", extra=banner))[0].version == "1.27.0"
    assert esp_image.take_apart(micropython.application(version=b"1"))[0].version is None


def test_a_truncated_download_at_every_length():
    data = micropython.combined(APP)
    cuts = set(range(0, 200)) | set(range(200, len(data), 997)) | set(range(len(data) - 100, len(data)))
    for cut in sorted(cuts):
        assert "truncated" in wrong(data[:cut]), cut
    for cut in range(0, len(APP), 499):
        assert "truncated" in wrong(APP[:cut]), cut


def test_a_flipped_bit_anywhere_in_the_application_is_noticed():
    for at in [*range(0, 64), *range(64, len(APP), 1009), *range(len(APP) - 40, len(APP))]:
        wrong(put(APP, at, [APP[at] ^ 0x10]))


def test_checksum_and_sha256():
    digest = len(APP) - 32
    assert "wrong checksum" in wrong(put(APP, digest - 1, [APP[digest - 1] ^ 1]))
    assert "wrong SHA-256" in wrong(put(APP, digest, [APP[digest] ^ 1]))
    assert "wrong SHA-256 of the image at 0x0" in wrong(put(micropython.combined(APP), 2, b"\x00"))
    without = micropython.image([(0x3F400020, bytes(300))], digest=0)
    assert "without its SHA-256" in wrong(without)


def test_what_is_no_image():
    assert "no image of an ESP32: 0x3c at 0x0" in wrong(b"<html>404 Not Found</html>" * 10)
    assert "truncated, 0 bytes" in wrong(b"")
    assert "0 segments" in wrong(put(APP, 1, [0]))
    assert "17 segments" in wrong(put(APP, 1, [17]))
    assert "neither an application nor a bootloader" in wrong(micropython.application(magic=0xABCD5431))


def test_a_chip_that_the_reader_does_not_run_on():
    message = wrong(micropython.application(chip=16))
    assert "chip with id 16" in message and "ESP32-S3 (9)" in message
    assert "chip with id 65535" in wrong(micropython.application(chip=0xFFFF))


def test_bootloader_and_application_of_two_chips():
    data = put(micropython.combined(APP), 0xF000, micropython.application(chip=2))
    assert "bootloader for ESP32, application for ESP32-S2" in wrong(data)
    rom = esp_image.take_apart(APP)[0].rom
    with pytest.raises(ImageError, match="bootloader for ESP32-S3, application for ESP32"):
        esp_image.bootloader(micropython.bootloader(9), "b", rom)
    with pytest.raises(ImageError, match="an application, no bootloader"):
        esp_image.bootloader(APP, "b", rom)
    assert esp_image.bootloader(micropython.combined(APP), "b", rom) == micropython.bootloader()


def test_combined_without_an_application_or_a_table():
    data = micropython.combined(APP)
    assert "no image of an ESP32: 0xff at 0xf000" in wrong(put(data, 0xF000, b"\xff" * 64))
    assert "no description" in wrong(put(data, 0xF000, micropython.application(magic=1)))
    assert "empty partition table" in wrong(put(data, 0x7000, b"\xff" * 0xC00))
    assert "wrong MD5" in wrong(put(data, 0x7004, b"\1"))
    only = partitions.table(partitions.read_csv("nvs, data, nvs, 0x9000, 0x4000", "t"))
    assert "no application in its partition table" in wrong(put(data, 0x7000, only))


def test_what_stands_for_micropython_is_an_image_to_esptool_too():
    data = standin.application("1.29.0", 0)
    image = bin_image.LoadFirmwareImage("esp32", data)
    assert image.checksum == image.calculate_checksum() and image.stored_digest == image.calc_digest
    assert esp_image.take_apart(data)[0].version == "1.29.0"
    assert struct.unpack_from("<H", standin.application("1.29.0"), 12)[0] == standin.CHIP == 0xFFFF


def test_the_images_of_these_tests_are_images_to_esptool(capsys):
    for data in (APP, micropython.bootloader()):
        esptool.image_info(data)
        said = capsys.readouterr().out
        assert said.count("(valid)") == 2, said
    esptool.image_info(APP)
    assert "App version: v1.27.0" in capsys.readouterr().out
