"""Times other pure-Python decoders. It runs with `python -I`, because one of them also has a package called `han`.

It reads the same file as bench_telegrams.py, and prints a line `peer ns name` for each telegram that a peer decodes.
The objects of each peer are created once; each call decodes a whole telegram.
"""

import contextlib
import io
import json
import logging
import sys
import time

# As in bench_telegrams.py: the best of many batches at different times.
BATCHES = 5
ROUNDS = 4
BATCH_NS = 8_000_000


def values(found):
    """A list of the values that a peer has found; reads a generator to its end."""
    return [value for value in found if value]


def amshan(data, key, auth_key):
    """amshan: decoder of Nordic meters, used by AMS2MQTT and Home Assistant."""
    from han import autodecoder, dlde, hdlc

    if key or data[:1] not in b"/\x7e":
        return None
    if data[:1] == b"/":
        text = dlde.ModeDReader()
        return lambda: values(dlde.decode_p1_readout(one) for one in text.read(data) if one.is_valid)
    frames = hdlc.HdlcFrameReader(False)
    frames.read(data)  # it returns a frame when the next one begins
    decoder = autodecoder.AutoDecoder()
    return lambda: values(decoder.decode_message(one) for one in frames.read(data) if one.is_valid)


def dsmr(data, key, auth_key):
    """dsmr-parser: decoder of P1 ports, used by Home Assistant."""
    from dsmr_parser import parsers
    from dsmr_parser import telegram_specifications as versions

    if key and data[:1] == b"\xdb":
        parser = parsers.TelegramParser(versions.MSN)
        text = data.hex()
        key, auth_key = key.hex(), auth_key.hex() if auth_key else None
        return lambda: values(parser.parse(text, key, auth_key))
    if data[:1] != b"/":
        return None
    version = versions.V5 if b"1-3:0.2.8(50)" in data else versions.SWEDEN
    parser = parsers.TelegramParser(version)
    return lambda: values(parser.parse(data.decode()))


def gurux(data, key, auth_key):
    """gurux-dlms: the vendor's library for DLMS/COSEM clients."""
    from gurux_dlms import GXByteBuffer, GXReplyData
    from gurux_dlms.enums import Authentication, InterfaceType, Security
    from gurux_dlms.secure import GXDLMSSecureClient

    if data[:1] not in b"\x7e\x68":
        return None
    kind = InterfaceType.WIRED_MBUS if data[:1] == b"\x68" else InterfaceType.HDLC
    client = GXDLMSSecureClient(True, 16, 1, Authentication.NONE, None, kind)
    if key:
        client.ciphering.security = Security.AUTHENTICATION_ENCRYPTION if auth_key else Security.ENCRYPTION
        client.ciphering.blockCipherKey = key
        client.ciphering.authenticationKey = auth_key or bytes(16)

    def decode():
        reply, found = GXReplyData(), GXReplyData()
        buffer = GXByteBuffer(data)
        for _ in range(10):  # frames
            client.getData(buffer, reply, found)
            if found.value or not buffer.available():
                break
        return found.value

    return decode


def timed(function, count):
    started = time.perf_counter_ns()
    for _ in range(count):
        function()
    return (time.perf_counter_ns() - started) // count


def prepared(job):
    """[(name of the peer, function that decodes, calls per batch)] of the peers that can read the job's telegram."""
    data = bytes.fromhex(job["hex"])
    key, auth_key = (bytes.fromhex(job[name]) if job[name] else None for name in ("key", "auth_key"))
    found = []
    for peer in (amshan, dsmr, gurux):
        try:
            decode = peer(data, key, auth_key)
            if decode and decode():
                found.append((peer.__name__, decode, 1 + BATCH_NS // timed(decode, 3)))
        except Exception:  # the peer cannot read this kind of telegram; peers raise all kinds of exceptions
            continue
    return found


def main(path):
    logging.disable()
    with open(path) as file:
        jobs = json.load(file)
    best = {}
    with contextlib.redirect_stdout(io.StringIO()):
        decoders = [(job["name"], *one) for job in jobs for one in prepared(job)]
        for _ in range(ROUNDS):
            for name, peer, decode, count in decoders:
                for _ in range(BATCHES):
                    ns = timed(decode, count)
                    best[peer, name] = min(ns, best.get((peer, name), ns))
    for (peer, name), ns in best.items():
        print(peer, ns, name)


if __name__ == "__main__":
    main(sys.argv[1])
