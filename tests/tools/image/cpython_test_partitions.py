"""Partition tables and otadata, byte for byte as ESP-IDF has them."""

import hashlib
import struct

import pytest

from staging import ImageError, stage
from tools.image import otadata, partitions


def spelled(text, flash=4 << 20):
    return partitions.checked(partitions.read_csv(text, "x.csv"), flash, "x.csv")


def test_the_four_megabytes_are_as_the_design_has_them():
    found = {part.name: (part.offset, part.size) for part in partitions.layout(4)}
    assert found == {
        "nvs": (0x9000, 0x4000), "otadata": (0xD000, 0x2000), "phy_init": (0xF000, 0x1000),
        "slot1": (0x10000, 0x1B0000), "slot2": (0x1C0000, 0x1B0000), "state": (0x370000, 64 << 10),
        "history": (0x380000, 256 << 10), "vfs": (0x3C0000, 256 << 10),
    }  # fmt: skip


def test_the_build_with_esp_idf_has_the_same_table():
    small, large = ("common/sdkconfig", "partitions.csv"), ("HAN_READER_S3/sdkconfig.board", "partitions-8MB.csv")
    for name, layout in (small, large):
        lines = (stage.ROOT / "firmware/boards" / name).read_text().splitlines()
        named = [line.partition("=")[2].strip('"') for line in lines if "CUSTOM_FILENAME" in line]
        assert named == ["${MICROPY_BOARD_DIR}/../../" + layout] and (stage.ROOT / "firmware" / layout).exists()


@pytest.mark.parametrize("megabytes", [4, 8, 16])
def test_every_layout_has_what_the_firmware_looks_for(megabytes):
    found = partitions.layout(megabytes)
    assert [part.name for part in found] == [
        "nvs", "otadata", "phy_init", "slot1", "slot2", "state", "history", "vfs"]
    first, second = partitions.slots(found)
    assert (first.name, second.name) == ("slot1", "slot2") and first.size == second.size >= 0x1B0000
    assert found[-1].end <= megabytes << 20
    # Where an update finds itself, and what provisioning writes, does not depend on the flash's size.
    assert [part.key() for part in found[:3]] == [part.key() for part in partitions.layout(4)[:3]]
    assert partitions.named(found, "state").size == 64 << 10


def test_the_table_byte_for_byte():
    data = partitions.table(partitions.layout(4))
    assert len(data) == 0xC00
    # As gen_esp32part.py of ESP-IDF writes the first and the fourth line.
    assert data[:32].hex() == "aa50010200900000004000006e76730000000000000000000000000000000000"
    assert data[96:128].hex() == "aa5000100000010000001b00736c6f7431" + "00" * 15
    end = 8 * 32
    assert data[end : end + 16] == b"\xeb\xeb" + b"\xff" * 14
    assert data[end + 16 : end + 32] == hashlib.md5(data[:end]).digest()
    assert set(data[end + 32 :]) == {0xFF}
    assert [part.key() for part in partitions.parse(data)] == [part.key() for part in partitions.layout(4)]


def test_a_damaged_table():
    data = bytearray(partitions.table(partitions.layout(4)))
    data[100] ^= 1
    with pytest.raises(ImageError, match="wrong MD5"):
        partitions.parse(bytes(data))
    data[0] = 0
    with pytest.raises(ImageError, match="no partition table: 0050 at entry 0"):
        partitions.parse(bytes(data))
    with pytest.raises(ImageError, match="empty"):
        partitions.parse(b"")
    with pytest.raises(ImageError, match="no partition table"):
        partitions.parse(b"\xaa\x50" * 7)


@pytest.mark.parametrize("text, message", [
    ("a, data, nvs, 0x9000, 0x2000\nb, data, nvs, 0xa000, 0x1000", "b at 0xa000 overlaps the area before it"),
    ("a, data, nvs, 0x8000, 0x2000", "overlaps"),
    ("a, data, nvs, 0x9000, 0x1000\na, data, nvs, 0xa000, 0x1000", "two partitions a"),
    ("a, data, nvs, 0x9001, 0x1000", "not whole blocks"),
    ("a, data, nvs, 0x9000, 0", "not whole blocks"),
    ("a, app, ota_0, 0x11000, 0x10000", "not whole blocks"),
    ("a, data, nvs, 0x3ff000, 0x2000", "behind 4 MB"),
    ("abcdefghijklmnop, data, nvs, 0x9000, 0x1000", "has not 1 to 15 bytes"),
    ("a, data, nvs, , 0x1000", "line 1: not name, type, subtype, offset, size"),
    ("a, data, ota_0, 0x9000, 0x1000", "line 1"),
    ("a, code, nvs, 0x9000, 0x1000", "line 1"),
    ("# good\na, data", "line 2"),
])  # fmt: skip
def test_a_layout_that_cannot_be(text, message):
    with pytest.raises(ImageError, match=message):
        spelled(text)


def test_too_many_partitions_for_a_table():
    found = [partitions.Partition("p%d" % n, 1, 2, 0x9000 + n * 0x1000, 0x1000) for n in range(95)]
    with pytest.raises(ImageError, match="95 partitions do not fit"):
        partitions.table(found)
    with pytest.raises(ImageError, match="no partition vfs"):
        partitions.named(found, "vfs")
    with pytest.raises(ImageError, match="0 slots"):
        partitions.slots(found)


def test_otadata_byte_for_byte():
    data = otadata.starting(0)
    # Sequence 1, no label, ESP_OTA_IMG_VALID, and the CRC that ESP-IDF's otatool writes for sequence 1.
    assert data[:32].hex() == "01000000" + "ff" * 20 + "02000000" + "9a984347"
    assert len(data) == 0x2000 and set(data[32:]) == {0xFF}
    assert otadata.entries(data) == [(1, otadata.VALID), None]
    assert [otadata.selected(otadata.starting(slot)) for slot in (0, 1)] == [0, 1]
    assert otadata.selected(b"\xff" * 0x2000) == 0


def test_otadata_that_is_damaged_or_refused():
    first, second = otadata.starting(0), otadata.starting(1)
    both = first[:0x1000] + second[:0x1000]
    assert otadata.entries(both) == [(1, 2), (2, 2)] and otadata.selected(both) == 1
    aborted = both[:0x1018] + struct.pack("<I", 4) + both[0x101C:]
    assert otadata.selected(aborted) == 0
    with pytest.raises(ImageError, match="wrong CRC of entry 1"):
        otadata.entries(both[:0x1000] + b"\7" + both[0x1001:])
    with pytest.raises(ImageError, match="otadata of 32 bytes"):
        otadata.entries(both[:32])
