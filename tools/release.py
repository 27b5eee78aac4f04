"""Publishes an image on an update server: `python -m tools.release ota.bin --to DIR [--channel beta]`.

It puts the image and manifest.json into DIR/<channel>/. Any static web server can serve DIR; the address of DIR is the
address of the update server in the readers' builds. DIR is for one kind of chip. The image is checked as a reader
checks it. The manifest is replaced last and in one step: a reader that asks meanwhile gets the old release or the new
one.
"""

import argparse
import json
import os
import pathlib
import sys

from staging import ImageError, keyring, manifest
from staging.manifest import CHANNELS
from tools import changelog
from tools.image import slot

_NOTES = 1000  # bytes; a reader shows them


def publish(path, folder, channel="release", notes=None, critical=False, forced=False):
    """Publish the image at `path`; returns the path of manifest.json. ImageError if readers would refuse the image.

    folder    folder that is served
    notes     release notes; None: the paragraph in CHANGELOG.md, or none if the version has no section
    critical  users should not delay this update
    forced    readers install it even if updates are set to manual
    """
    image = pathlib.Path(path).read_bytes()
    values = slot.opened(image, keyring.accepted(), path)
    if notes is None:
        notes = changelog.summary(values["version"])
    if len(notes.encode()) > _NOTES:
        raise ImageError("the release notes have %d bytes, more than %d" % (len(notes.encode()), _NOTES))
    folder = pathlib.Path(folder, channel)
    told = folder / "manifest.json"
    if told.exists():
        before = served(told)
        if manifest.version(before["version"]) > manifest.version(values["version"]):
            raise ImageError("%s has %s, which is newer than %s" % (told, before["version"], values["version"]))
        chip = slot.manifest_in((folder / before["url"]).read_bytes(), before["url"])[1]["chip"]
        if chip != values["chip"]:
            raise ImageError("%s is for %s, and %s for %s" % (folder, chip, path, values["chip"]))
    folder.mkdir(parents=True, exist_ok=True)
    name = "%s-%s-%s.bin" % (values["product"], values["chip"].lower(), values["version"])
    _write(folder / name, image)
    _write(told, manifest.for_server(values, image, name, notes, critical, forced).encode())
    return told


def served(path):
    """The contents (a dict) of a manifest.json; ImageError if it is not a manifest."""
    try:
        found = json.loads(path.read_bytes())
        manifest.version(found["version"])
        found["url"] + ""
        return found
    except (ValueError, TypeError, KeyError) as error:
        raise ImageError("%s is no manifest: %s" % (path, error)) from error


def _write(path, data):
    new = path.with_name(path.name + ".new")
    new.write_bytes(data)
    os.replace(new, path)


def main(arguments):
    parser = argparse.ArgumentParser(
        prog="python -m tools.release", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image", help="ota.bin from tools.build")
    parser.add_argument("--to", metavar="DIR", required=True, help="folder that the web server serves")
    parser.add_argument("--channel", choices=CHANNELS, default=CHANNELS[0], help="channel; default: %(default)s")
    parser.add_argument("--notes", metavar="TEXT",
                        help="release notes for users; default: the paragraph in CHANGELOG.md")
    parser.add_argument("--critical", action="store_true", help="tell users not to delay this update")
    parser.add_argument("--forced", action="store_true", help="install it even if updates are set to manual")
    given = parser.parse_args(arguments)
    try:
        print(publish(given.image, given.to, given.channel, given.notes, given.critical, given.forced))
    except (ImageError, OSError, ValueError) as error:
        print("tools.release: %s" % error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
