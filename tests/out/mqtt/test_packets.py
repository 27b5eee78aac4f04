"""The packets of MQTT 3.1.1, byte by byte as its text has them."""

from han.out.mqtt import packets


def test_a_length_takes_one_to_four_bytes():
    for number, encoded in (
        (0, b"\0"), (127, b"\x7f"), (128, b"\x80\1"), (16383, b"\xff\x7f"), (16384, b"\x80\x80\1"),
        (2097151, b"\xff\xff\x7f"), (2097152, b"\x80\x80\x80\1"),
    ):  # fmt: skip
        assert packets.size(number) == encoded


def test_connect():
    assert packets.connect("me", "", "", 60) == b"\x10\x0e\0\4MQTT\4\2\0\x3c\0\2me"
    assert packets.connect("me", "u", "secret", 300, "a/b", "off") == (
        b"\x10\x23\0\4MQTT\4\xe6\1\x2c\0\2me\0\3a/b\0\3off\0\1u\0\6secret"
    )
    # 3.1.2.9: no password without a user
    assert packets.connect("me", "", "secret", 60) == packets.connect("me", "", "", 60)
    assert b"\0\2\xc3\xa5" in packets.connect("me", "å", "", 60)


def test_publish():
    assert packets.publish("a/b", 2) + b"hi" == b"\x30\7\0\3a/bhi"
    assert packets.publish("a/b", 0, True) == b"\x31\5\0\3a/b"
    assert packets.publish("a/b", 2, True, 258) + b"hi" == b"\x33\x09\0\3a/b\1\2hi"
    assert packets.publish("a/b", 300)[:3] == b"\x30\xb1\2"


def test_each_refusal_is_told_in_words():
    assert [packets.refusal(code) for code in range(1, 8)] == [
        "protocol version", "client id", "broker unavailable", "bad password", "not authorized", "code 6", "code 7",
    ]  # fmt: skip
