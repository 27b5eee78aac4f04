"""Makes a release for boards with PSRAM from an image that MicroPython has published:
`python -m tools.build --micropython FILE --out DIR`. For a board without PSRAM use `make firmware` instead, which
builds MicroPython with the application frozen in.

DIR gets these files:
    ota.bin         the signed image of one slot, for an update by the reader's page, its API or an update server
    manifest.json   describes ota.bin for an update server
    flash.bin       everything for a new board with 4 MB of flash; also flash-8MB.bin and flash-16MB.bin

FILE is MicroPython's .bin (it begins with the bootloader) or its .app-bin (without a bootloader). From an .app-bin
this makes no flash.bin, unless --bootloader names a file that begins with a bootloader. With --frozen, FILE contains
the application already. `--arch sim` makes ota.bin for the simulated board; it needs no FILE.
"""

import argparse
import base64
import pathlib
import sys

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from host_sim import standin
from staging import ImageError, keyring, manifest
from staging.manifest import CHANNELS
from tools.image import application, esp_image, flash, partitions, provisioned, slot

#: The oldest version that a reader accepts once this release has run. Raise it if an older version could not read
#: the data that this one writes.
MIN_VERSION = "0.1.0.0"
#: Options that tools.firmware passes on to this tool: {name: metavar}.
FORWARDED = {
    "config": "FILE", "key": "FILE.pem", "updates": "URL", "channel": "CHANNEL", "authority": "FILE",
    "min-version": "X.Y.Z.B",
}  # fmt: skip
# The first MicroPython that reads .mpy files of version 6.3.
_OLDEST = 1, 23
_SIM_MICROPYTHON = "1.29.0"


def parser():
    """The argparse parser of the command line."""
    found = argparse.ArgumentParser(
        prog="python -m tools.build", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = found.add_argument
    add("--micropython", metavar="FILE", help="MicroPython's image for the board")
    add("--frozen", action="store_true",
        help="FILE contains the application already: add the manifest and the signature only")
    add("--config", metavar="FILE",
        help="first configuration of a new reader, for flash.bin: JSON as PUT /configuration takes it")
    add("--version", metavar="X.Y.Z.B", help="version of the release; default: the project's, %s, or that of a frozen "
        "image" % application.project_version())
    add("--out", metavar="DIR", required=True, help="folder for the files")
    add("--arch", choices=(application.CHIP, application.SIM),
        help="%s: a chip (the default); sim: the simulated board, which needs no FILE" % application.CHIP)
    add("--flash", metavar="MB", type=int, nargs="+", choices=sorted(partitions.LAYOUTS),
        default=sorted(partitions.LAYOUTS), help="sizes of flash that the image must fit; each gets its flash.bin")
    add("--bootloader", metavar="FILE", help="a file that begins with the bootloader, for an .app-bin")
    add("--key", metavar="FILE.pem", help="private key that signs the image; default: the development key")
    add("--updates", metavar="URL", help="address of the readers' update server; default: none")
    add("--channel", choices=CHANNELS, default=CHANNELS[0],
        help="channel that readers follow on the update server; default: %(default)s")
    add("--authority", metavar="FILE", help="certificate of the authority that has signed the update server's "
        "certificate, for https; default: readers accept any server, as they check the signature of each image")
    add("--min-version", metavar="X.Y.Z.B", help="oldest version that readers accept after this one; default: %s, or "
        "the version of the release if that is older" % MIN_VERSION)
    return found  # fmt: skip


def read(path):
    """A file's bytes; ImageError if it cannot be read."""
    try:
        return pathlib.Path(path).read_bytes()
    except OSError as error:
        raise ImageError("%s: %s" % (path, error.strerror)) from error


def build(options):
    """Make the release. Returns ({file name: bytes}, [lines to print]); ImageError on bad options or files."""
    key = options.key or keyring.development_key()
    settings = {}
    if options.updates:
        if not options.updates.startswith(("http://", "https://")):
            raise ImageError("--updates %s is not an address that begins with http:// or https://" % options.updates)
        settings = {"updates": options.updates.rstrip("/"), "channel": options.channel}
    if options.authority:
        if not (options.updates or "").startswith("https://"):
            raise ImageError("--authority is for --updates https://…")
        settings["authority"] = authority(options.authority)
    said = []
    if options.arch == application.SIM:
        if options.frozen or options.config or options.bootloader:
            raise ImageError("--frozen, --config and --bootloader are for a chip, not for the simulated board")
        version = options.version or application.project_version()
        image = simulated(options.micropython, version, oldest(options, version), key, **settings)
        return release(image, said), said
    if not options.micropython:
        raise ImageError("--micropython FILE is missing")
    app, bootloader = esp_image.take_apart(read(options.micropython), options.micropython)
    if options.config and not (bootloader or options.bootloader):
        raise ImageError("--config is for flash.bin, which needs a bootloader: %s has none" % options.micropython)
    if options.bootloader:
        bootloader = esp_image.bootloader(read(options.bootloader), options.bootloader, app.rom)
    configuration = options.config and provisioned.configuration(read(options.config), options.config)
    if options.frozen:
        version, files = frozen_version(app, options), None
    else:
        version = options.version or application.project_version()
        files = compiled(app, version, options.micropython)
    built_with = app.version or "unknown"
    image = slot.make(app.data, app.chip, files, version, oldest(options, version), built_with, key, **settings)
    for megabytes in sorted(options.flash):
        fits(image, app, megabytes, options)
    made = release(image, said)
    room = partitions.slots(partitions.layout(min(options.flash)))[0].size
    said.append("%d %% of the slot of %d MB of flash" % (-(-100 * len(image) // room), min(options.flash)))
    if bootloader is None:
        said.append("no flash.bin, because %s has no bootloader: use MicroPython's .bin, or --bootloader"
                    % options.micropython)  # fmt: skip
    else:
        for megabytes in options.flash:
            made[flash.name(megabytes)] = flash.make(megabytes, app.rom, bootloader, image, configuration)
    return made, said


def oldest(options, version):
    """The oldest version (text) that readers accept once this version has run."""
    return options.min_version or min(MIN_VERSION, version, key=manifest.version)


def frozen_version(app, options):
    """The version of the application in a frozen image; ImageError if it has none, or another than --version."""
    if not app.release:
        raise ImageError("%s: no reader is frozen into it, as its description has no version of a reader. Build it "
                         "with firmware/boards, as `make firmware` does" % options.micropython)  # fmt: skip
    if options.version not in (None, app.release):
        raise ImageError("%s: it is version %s, not %s" % (options.micropython, app.release, options.version))
    return app.release


def authority(path):
    """The certificate in a file (PEM or DER) as the manifest has it, DER in base64; ImageError if there is none."""
    data = read(path)
    try:
        load = x509.load_pem_x509_certificate if b"-----BEGIN" in data else x509.load_der_x509_certificate
        return base64.b64encode(load(data).public_bytes(serialization.Encoding.DER)).decode()
    except ValueError as error:
        raise ImageError("%s: no certificate: %s" % (path, error)) from error


def compiled(app, version, name):
    """{path: bytes} of the application; ImageError if this MicroPython is too old for .mpy files or lacks PSRAM."""
    if not app.psram:
        raise ImageError("%s: it cannot use PSRAM, and without PSRAM the memory is too small for WiFi and the "
                         "application's files. Take MicroPython's SPIRAM image for a board that has PSRAM, or a "
                         "release with everything frozen in (`make firmware`), which needs none" % name)  # fmt: skip
    if app.version is None:
        raise ImageError("%s: the image does not say which version of MicroPython it is" % name)
    if tuple(map(int, app.version.split(".")[:2])) < _OLDEST:
        raise ImageError("%s: MicroPython %s is too old for .mpy files of version 6.3: %d.%d at least"
                         % (name, app.version, *_OLDEST))  # fmt: skip
    return application.files(application.CHIP, version)


def fits(image, app, megabytes, options):
    """Raises ImageError, with advice, if the image does not fit a slot of a flash with so many MB."""
    try:
        flash.fits(image, partitions.slots(partitions.layout(megabytes))[0], megabytes)
    except ImageError as error:
        helps = ""
        if megabytes == 4 and len(options.flash) > 1:
            helps = "; --flash 8 16 leaves boards with 4 MB out"
        raise ImageError("%s, of which MicroPython is %d%s" % (error, len(app.data), helps)) from error


def simulated(name, version, least, key, **settings):
    """The image of a slot for the simulated board (both interpreters). name: file of MicroPython's image, or None."""
    built_with = name and esp_image.take_apart(read(name), name)[0].version or _SIM_MICROPYTHON
    files = application.files(application.SIM, version)
    app = standin.application(built_with)
    return slot.make(app, application.SIM, files, version, least, built_with, key, **settings)


def release(image, said):
    """{name: bytes} of the image and its manifest.json; ImageError if a reader of this build would refuse the image."""
    try:
        values = slot.opened(image, keyring.accepted())
    except ImageError as error:
        raise ImageError("%s: put the key's .pub.pem into %s, or readers take no update after this one"
                         % (error, keyring.KEYS)) from error  # fmt: skip
    said.append("ota.bin: %s %s for %s, %s on MicroPython %s, %d bytes" % (
        values["product"], values["version"], values["chip"], values["flavour"], values["built_with"], len(image)))
    return {"ota.bin": image, "manifest.json": manifest.for_server(values, image, "ota.bin").encode()}


def main(arguments):
    options = parser().parse_args(arguments)
    out = pathlib.Path(options.out)
    try:
        made, said = build(options)
        out.mkdir(parents=True, exist_ok=True)
        for megabytes in partitions.LAYOUTS:
            (out / flash.name(megabytes)).unlink(missing_ok=True)  # a file of an earlier build must not stay
        for name, data in made.items():
            (out / name).write_bytes(data)
    except (ImageError, OSError) as error:
        print("tools.build: %s" % error, file=sys.stderr)
        return 1
    for line in said:
        print(line, file=sys.stderr if line.startswith("warning") else sys.stdout)
    print("\n".join(str(out / name) for name in sorted(made)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
