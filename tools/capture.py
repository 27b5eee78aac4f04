"""Record what a meter sends, to a file for tools.decode and host_sim --replay.

    python -m tools.capture --serial PATH [--baud N] [--parity N|E|O] [--invert] [--seconds N] [--anonymise] OUT
    python -m tools.capture --reader http://HOST[:PORT] [--seconds N] OUT
    python -m tools.capture --from FILE --anonymise OUT

A reader removes the meter's numbers and names from its last raw bytes before it sends them. --anonymise does the same
for a serial port or an existing capture. Ctrl-C ends a recording and keeps it.
Exit status: 0 if bytes were recorded, 1 if there were none, 2 for bad arguments.
"""
import argparse
import contextlib
import io
import json
import os
import pathlib
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

from tools import decode  # puts lib/ on the path

from han.meter.anonymous.anonymise import anonymise  # isort: skip

SECONDS = 60  # most meters send every 10 s, the slowest every minute
TIMEOUT = 45  # s: a reader may wait for telegrams first
_INVERTED = bytes(255 - byte for byte in range(256))


class Failed(Exception):
    """Nothing was recorded; the text says why."""


def record(port, seconds, keep, invert=False):
    """Read an open pyserial port for so many seconds, or until Ctrl-C; calls keep(bytes) for received bytes."""
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            data = port.read(port.in_waiting or 1)
            if data:
                keep(data.translate(_INVERTED) if invert else data)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
    except OSError as error:  # serial.SerialException is one
        print("the port is gone: %s" % error, file=sys.stderr)


def open_port(path, baud, parity):
    """The open serial port; it drives the request line of a P1 port. OSError or ValueError if it cannot be opened."""
    import serial

    return serial.Serial(path, baud, parity=parity, timeout=0.2)


def ask(url, token=None):
    """(content type, body) of a reader's answer; Failed if it refuses or does not answer."""
    request = urllib.request.Request(url)
    if token:
        request.add_header("Authorization", "Bearer " + token)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
            return response.headers.get_content_type(), response.read()
    except urllib.error.HTTPError as error:
        try:
            reason = json.loads(error.read())["message"]
        except (ValueError, KeyError, TypeError, OSError):
            reason = error.reason
        raise Failed("%s: %d %s" % (url, error.code, reason)) from None
    except (OSError, ValueError) as error:
        raise Failed("%s: %s" % (url, getattr(error, "reason", error))) from None


def download(base, seconds):
    """A reader's last raw bytes, after waiting for so many seconds; Ctrl-C ends the wait. Failed if it has none."""
    try:
        time.sleep(seconds)
    except KeyboardInterrupt:
        pass
    kind, body = ask(base + "/auth/token")
    try:
        token = json.loads(body)["accessToken"]
    except (ValueError, KeyError, TypeError):
        raise Failed("%s is not a reader: its /auth/token returns no token" % base) from None
    kind, body = ask(base + "/diagnostics/capture", token)
    if kind != "application/octet-stream":
        raise Failed("%s is not a reader: its capture is %s" % (base, kind))
    return body


def reader_url(text):
    """The text that a user has typed as http://host[:port]; ArgumentTypeError if it is no such address."""
    parts = urllib.parse.urlsplit(text if "://" in text else "http://" + text)
    try:
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.port == 0:
            raise ValueError
    except ValueError:
        raise argparse.ArgumentTypeError("the address of a reader is http://HOST[:PORT], not %r" % text) from None
    return "%s://%s" % (parts.scheme, parts.netloc)


def positive(text):
    number = float(text)
    if not 0 < number <= 86400 * 7:
        raise argparse.ArgumentTypeError("must be more than 0 and at most a week")
    return number


def baud(text):
    number = int(text)
    if not 50 <= number <= 4000000:
        raise argparse.ArgumentTypeError("must be a speed such as 115200 or 2400")
    return number


def arguments(argv):
    parser = argparse.ArgumentParser(prog="python -m tools.capture", description=__doc__.splitlines()[0])
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--serial", metavar="PATH", help="record from this serial port")
    source.add_argument("--reader", metavar="URL", type=reader_url, help="get the last raw bytes of a reader")
    source.add_argument("--from", metavar="FILE", dest="file", help="take an existing capture, raw or hex text")
    parser.add_argument("--baud", type=baud, help="speed of the serial port (115200)")
    parser.add_argument("--parity", choices=("N", "E", "O"), help="parity of the serial port: none, even or odd (N)")
    parser.add_argument("--invert", action="store_true", help="complement each byte, for an adapter that delivers "
                        "complemented bytes; for an inverted line such as P1 use a cable that inverts instead")
    parser.add_argument("--seconds", type=positive, help="seconds to record (60), or to wait for the reader (0)")
    parser.add_argument("--anonymise", action="store_true", help="replace the meter's numbers and names")
    parser.add_argument("out", metavar="OUT", help="file to write")
    args = parser.parse_args(argv)
    if not args.serial and (args.baud or args.parity or args.invert):
        parser.error("--baud, --parity and --invert need --serial")
    if args.file and not args.anonymise:
        parser.error("--from needs --anonymise")
    if args.file and args.seconds:
        parser.error("--seconds needs --serial or --reader")
    return parser, args


class Output:
    """The file to write. It is opened at once, so that a mistake shows early, and emptied by the first write.

    OSError if it cannot be written.
    """

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self._new = not self.path.exists()
        self._file = open(path, "ab", buffering=0)
        self.size = 0

    def write(self, data):
        if not self.size:
            with contextlib.suppress(OSError):  # a pipe cannot be truncated
                self._file.truncate(0)
        self._file.write(data)
        self.size += len(data)

    def close(self):
        self._file.close()
        if self._new and not self.size:
            self.path.unlink()


def take(parser, args):
    """(name of the source, function that records: it takes a function keep(bytes)); ends with status 2 on errors."""
    if args.reader:
        return args.reader, lambda keep: keep(download(args.reader, args.seconds or 0))
    if args.file:
        try:
            data = decode.read_input(pathlib.Path(args.file).read_bytes())
        except OSError as error:
            parser.error("cannot read %s: %s" % (args.file, error.strerror))
        return args.file, lambda keep: keep(data)
    try:
        port = open_port(args.serial, args.baud or 115200, args.parity or "N")
    except (OSError, ValueError) as error:
        reason = os.strerror(error.errno) if getattr(error, "errno", None) else error
        parser.error("cannot open %s: %s" % (args.serial, reason))
    seconds = args.seconds or SECONDS

    def run(keep):
        print("recording %s for %g s, Ctrl-C stops" % (args.serial, seconds), file=sys.stderr, flush=True)
        with port:
            record(port, seconds, keep, args.invert)

    return args.serial, run


def tell(data, path, anonymised):
    """Print to stderr what was recorded, and what could not be anonymised."""
    found = decode.decode(data, lambda reading: None, io.StringIO())
    print("%d bytes in %s: %d telegrams decoded, %d rejected, %d of them encrypted" % (
        len(data), path, found.decoded, found.rejected, found.layers.encrypted), file=sys.stderr)
    if anonymised and found.layers.encrypted:
        print("encrypted telegrams have lost their system titles: no key opens them any more", file=sys.stderr)
    if anonymised and not found.decoded + found.layers.encrypted:
        print("no telegram was understood, so only text that looks like a serial number was replaced", file=sys.stderr)


def main(argv=None):
    """Run the command line; returns the exit status."""
    parser, args = arguments(argv)
    source, run = take(parser, args)
    try:
        out = Output(args.out)
    except OSError as error:
        parser.error("cannot write %s: %s" % (args.out, error.strerror))
    data = bytearray()
    rewrite = args.anonymise and not args.reader

    def keep(more):
        data.extend(more)
        if not rewrite:
            out.write(more)

    try:
        run(keep)
        if rewrite and data:
            anonymise(data)
            out.write(data)
    except Failed as failed:
        print("tools.capture: %s" % failed, file=sys.stderr)
        return 1
    except OSError as error:
        print("tools.capture: cannot write %s: %s" % (args.out, error.strerror), file=sys.stderr)
        return 1
    finally:
        out.close()
    if not data:
        print("tools.capture: nothing came from %s" % source, file=sys.stderr)
        return 1
    tell(bytes(data), args.out, args.anonymise or args.reader)
    return 0


if __name__ == "__main__":
    sys.exit(main())
