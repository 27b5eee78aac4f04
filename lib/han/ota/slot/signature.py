"""Checks the signature of an image: the signature sector of espsecure's version 2.

The sector has up to three blocks of 1216 bytes, all numbers little endian: magic, SHA-256 of everything
before the sector, modulus and exponent, two numbers for the chip's own accelerator, signature, CRC-32,
16 zeros. The signature is RSASSA-PSS (RFC 8017, 8.1.2) with RSA-3072, SHA-256, MGF1 and 32 bytes of salt.
"""
import struct
from binascii import crc32
from hashlib import sha256

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


_BLOCK = const(1216)
_BLOCKS = const(3)
_DIGEST = const(4)
_MODULUS = const(36)
_EXPONENT = const(420)
_SIGNATURE = const(812)
_CRC = const(1196)
_SIZE = const(384)  # bytes of modulus and signature
_HASH = const(32)
_PUBLIC = const(65537)


def signed(sector, digest, keys):
    """None when the sector has a valid signature of `digest` by one of the keys; else what is wrong, in words.

    digest: 32 bytes; keys: moduli as bytes, big endian
    """
    numbers = [int.from_bytes(key, "big") for key in keys]
    wrong = "not signed"
    for n in range(_BLOCKS):
        block = memoryview(sector)[n * _BLOCK : n * _BLOCK + _BLOCK]
        if bytes(block[:4]) != b"\xe7\x02\0\0":
            continue
        if struct.unpack("<I", block[_CRC : _CRC + 4])[0] != crc32(block[:_CRC]):
            wrong = "the signature is damaged"
            continue
        modulus = int.from_bytes(bytes(block[_MODULUS:_EXPONENT]), "little")
        if modulus not in numbers or struct.unpack("<I", block[_EXPONENT : _EXPONENT + 4])[0] != _PUBLIC:
            wrong = "signed with a key that is not accepted here"
            continue
        signature = int.from_bytes(bytes(block[_SIGNATURE:_CRC]), "little")
        if (
            bytes(block[_DIGEST:_MODULUS]) == digest
            and signature < modulus
            and _pss(pow(signature, _PUBLIC, modulus).to_bytes(_SIZE, "big"), digest)
        ):
            return None
        wrong = "the signature is of another image"
    return wrong


def _pss(encoded, digest):
    """True where `encoded` is an EMSA-PSS encoding of a digest (RFC 8017, 9.1.2) of 3071 bits."""
    if encoded[-1] != 0xBC or encoded[0] & 0x80:
        return False
    hashed = encoded[-1 - _HASH : -1]
    base = bytearray(encoded[: -1 - _HASH])
    counter = 0
    for at in range(0, len(base), _HASH):
        mask = sha256(hashed + struct.pack(">I", counter)).digest()
        counter += 1
        for i in range(min(_HASH, len(base) - at)):
            base[at + i] ^= mask[i]
    base[0] &= 0x7F
    padding = len(base) - _HASH - 1
    if base[:padding] != bytes(padding) or base[padding] != 1:
        return False
    return sha256(bytes(8) + digest + base[padding + 1 :]).digest() == hashed
