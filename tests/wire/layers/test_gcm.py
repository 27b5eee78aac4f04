"""AES-GCM as the meters use it, against the standard's numbers and an independent library."""
from han.wire.layers.ciphered import Ciphered
from han.wire.layers.gcm import WRONG_AUTH_KEY, WRONG_KEY, Cipher, parse_key

from tests.support import Random, raises, skip

KEY = bytes(range(16))
AUTH = bytes(range(0xD0, 0xE0))
TITLE = b"KAM\x01\x02\x03\x04\x05"
TEXT = b"\x0f\x00\x00\x00\x01\x00\x02\x01\x06\x00\x00\x10\x15"


def apdu(library, text=TEXT, control=0x30, key=KEY, auth=AUTH, counter=7, title=TITLE, tag=0xDB):
    """An APDU ciphered by an independent library."""
    nonce = title + bytes(8 - len(title)) + counter.to_bytes(4, "big")
    head = bytes((control,)) + auth
    if control & 0x20:
        sealed = library(key).encrypt(nonce, text, head if control & 0x10 else None)
        sealed = sealed[:-4] if control & 0x10 else sealed[:-16]
    else:
        sealed = text + library(key).encrypt(nonce, b"", head + text)[:12]
    content = bytes((control,)) + counter.to_bytes(4, "big") + sealed
    size = bytes((len(content),)) if len(content) < 128 else b"\x82" + len(content).to_bytes(2, "big")
    return bytes((tag, len(title))) + title + size + content


def opened(data, cipher):
    header = Ciphered()
    buf = bytearray(data)
    assert header.parse(buf, 0, len(buf))
    return cipher.open(header, buf) or bytes(buf[header.start:header.end])


def library():
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError:
        skip("the independent library runs on CPython only; here the recorded telegrams are the proof")
    return AESGCM


def test_every_combination_of_encryption_and_authentication():
    gcm = library()
    random = Random(21)
    for _ in range(60):
        text = random.bytes(random.between(1, 600))
        key, auth = random.bytes(16), random.bytes(16)
        counter = random.bits(32)
        for suite in (0, 1):
            for control in (0x10, 0x20, 0x30):
                data = apdu(gcm, text, control | suite, key, auth, counter)
                assert opened(data, Cipher(key, auth)) == text
                assert opened(data, Cipher(key)) == text
                if control & 0x10:
                    broken = bytearray(data)
                    broken[random.between(19, len(data) - 1)] ^= 1 << random.below(8)
                    assert opened(bytes(broken), Cipher(key, auth)) in (WRONG_KEY, WRONG_AUTH_KEY)


def test_a_short_system_title_is_filled_with_zeros():
    gcm = library()
    assert opened(apdu(gcm, title=b""), Cipher(KEY, AUTH)) == TEXT


def test_which_key_is_wrong():
    gcm = library()
    data = apdu(gcm)
    assert opened(data, Cipher(KEY, AUTH)) == TEXT
    assert opened(data, Cipher(KEY, KEY)) == WRONG_AUTH_KEY
    assert opened(data, Cipher(AUTH, AUTH)) == WRONG_KEY
    assert opened(data, Cipher(AUTH, KEY)) == WRONG_KEY


def test_what_is_not_supported_is_named():
    gcm = library()
    assert opened(apdu(gcm, control=0x32), Cipher(KEY)) == "encrypted: security suite 2 is not supported"
    assert "compressed" in opened(apdu(gcm, control=0xB0), Cipher(KEY))


def test_headers_that_lie():
    header = Ciphered()
    for data in (b"\xdb", b"\xdb\x08", b"\xdb\x09" + bytes(40), b"\xdb\x08TITLE123\x05\x30\0\0\0",
                 b"\xdb\x08TITLE123\x85\0\0\0\0\0\0\0", b"\xdb\x08TITLE123\x04\x30\0\0\0",
                 b"\xdb\x08TITLE123\x06\x30\0\0\0\0\0\0", b"\xdb\x00\x82"):
        assert not header.parse(bytearray(data), 0, len(data)), data


def test_keys_in_any_usual_spelling():
    plain = bytes.fromhex("36C66639E48A8CA4D6BC8B282A793BBB")
    for text in ("36C66639E48A8CA4D6BC8B282A793BBB", "0x36c66639e48a8ca4d6bc8b282a793bbb",
                 " 36 C6 66 39 E4 8A 8C A4 D6 BC 8B 28 2A 79 3B BB\n",
                 "36:C6:66:39:E4:8A:8C:A4:D6:BC:8B:28:2A:79:3B:BB",
                 "0x36, 0xC6, 0x66, 0x39, 0xE4, 0x8A, 0x8C, 0xA4, 0xD6, 0xBC, 0x8B, 0x28, 0x2A, 0x79, 0x3B, 0xBB",
                 "36C66639-E48A8CA4-D6BC8B28-2A793BBB"):
        assert parse_key(text) == plain
    for wrong, what in (("36C6", "not 4"), ("", "not 0"), ("x" * 32, "hex"), ("00" * 17, "not 34")):
        with raises(ValueError) as caught:
            parse_key(wrong)
        assert what in str(caught.value)
