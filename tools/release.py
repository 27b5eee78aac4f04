"""Puts an image on an update server: `python -m tools.release ota.bin --to DIR [--channel beta]`.

DIR/<channel>/ then has the image and manifest.json, which readers ask for: any static web server can serve DIR,
whose address is their update server's. It is for one kind of chip. The image is checked as a reader checks it, and
the manifest is replaced last, in one step, so a reader that asks meanwhile gets the old release or the new one.
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
    """The manifest's path, the image being beside it; ImageError where readers would refuse it.

    notes: None takes those of CHANGELOG.md, "" where it says nothing of the version.
    """
    image = pathlib.Path(path).read_bytes()
    values = slot.opened(image, keyring.accepted(), path)
    if notes is None:
        notes = changelog.summary(values["version"])
    if len(notes.encode()) > _NOTES:
        raise ImageError("release notes of %d bytes, at most %d" % (len(notes.encode()), _NOTES))
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
    """What a manifest.json says; ImageError where it is none."""
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
        prog="tools.release", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image", help="ota.bin of tools.build")
    parser.add_argument("--to", metavar="DIR", required=True, help="the folder that is served")
    parser.add_argument("--channel", choices=CHANNELS, default=CHANNELS[0])
    parser.add_argument("--notes", metavar="TEXT", help="what is new, for people (the paragraph in CHANGELOG.md)")
    parser.add_argument("--critical", action="store_true", help="people should not put it off")
    parser.add_argument("--forced", action="store_true", help="readers take it even where updates are by hand")
    given = parser.parse_args(arguments)
    try:
        print(publish(given.image, given.to, given.channel, given.notes, given.critical, given.forced))
    except (ImageError, OSError, ValueError) as error:
        print("tools.release: %s" % error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
