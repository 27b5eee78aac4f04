"""Makes a web site that flashes boards from a browser and serves updates: `python -m tools.site IMAGES … --to DIR`.

Each IMAGES is the folder build/image of `make firmware` for one chip; all must have the same version. Any static https
server can serve DIR, which gets:

    index.html, manifest.json       the page with the install button (ESP Web Tools, copied from --esp-web-tools)
    firmware/<chip>/*.bin           the files that the button writes: everything but a reader's own data
    updates/<chip>/<channel>/       updates for readers that were built with --updates <site>/updates/<chip>
    docs/                           the documentation from `make docs`, copied from --docs

Files of another channel in DIR stay.
"""

import argparse
import html
import json
import pathlib
import shutil
import sys

from staging import ImageError, keyring
from staging.manifest import CHANNELS
from tools import release
from tools.image import esp_image, flash, partitions, slot

NAME = "HAN reader"
SCRIPT = "install-button.js"
_SECTOR = 4096
#: Partitions that a browser writes besides bootloader and partition table. The reader then starts from the first slot.
_WRITTEN = ("otadata", "slot1", "vfs")
#: Seconds after its start within which a board answers to Improv.
_IMPROV_S = 30

_DOCS = """<p>How to connect it to a meter, set it up and use it: <a href="docs/index.html">the documentation</a>.</p>
"""
_PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Install the HAN reader</title>
<script type="module" src="esp-web-tools/{script}"></script>
<style>body {{ font: 1rem/1.5 system-ui; max-width: 40rem; margin: 3rem auto; padding: 0 1rem }}</style>
<h1>Install the HAN reader</h1>
<p>Version {version}, for boards with {chips}. Plug the board into this computer, press the button, and choose its
serial port. If the board is not found, hold its BOOT button while you plug it in.</p>
<esp-web-install-button manifest="manifest.json">
  <span slot="unsupported">This browser cannot write to a serial port: use Chrome or Edge on a computer.</span>
  <span slot="not-allowed">Open this page over https.</span>
</esp-web-install-button>
<p>The history and the settings of a reader stay, unless you choose to erase the board. Afterwards this page asks for
your WiFi and shows the reader's address.</p>
{docs}</html>
"""


def opened(folder):
    """(values of the manifest, [(offset, name, bytes)] to write) of one build; ImageError if it is not complete."""
    folder = pathlib.Path(folder)
    image = folder / "ota.bin"
    try:
        values = slot.opened(image.read_bytes(), keyring.accepted(), str(image))
        least = min(megabytes for megabytes in partitions.LAYOUTS if (folder / flash.name(megabytes)).exists())
    except OSError as error:
        raise ImageError("%s: %s" % (image, error.strerror)) from error
    except ValueError as error:
        raise ImageError("%s: there is no flash.bin of any size: was it built with a bootloader?" % folder) from error
    data = (folder / flash.name(least)).read_bytes()
    layout = partitions.layout(least)
    start = next(rom for rom in esp_image.CHIPS.values() if rom.CHIP_NAME == values["chip"]).BOOTLOADER_FLASH_OFFSET
    parts = [(start, "boot", data[start : partitions.OFFSET + _SECTOR])]
    for name in _WRITTEN:
        part = partitions.named(layout, name)
        parts.append((part.offset, name, data[part.offset : part.end]))
    size = len(image.read_bytes())
    return values, [(at, name, part[:size] if name == "slot1" else part) for at, name, part in parts]


def make(folders, site, channel="release", notes=None, tools=None, docs=None):
    """Update the site; returns the version of the builds. ImageError if the builds do not belong together.

    folders  build/image of each chip
    site     folder of the site
    notes    see tools.release.publish()
    tools    dist/web of ESP Web Tools, None to keep the one that is there
    docs     build/docs, None to keep the documentation that is there
    """
    site = pathlib.Path(site)
    found = [(folder, *opened(folder)) for folder in folders]
    chips = sorted(values["chip"] for _, values, _ in found)
    versions = {values["version"] for _, values, _ in found}
    if len(set(chips)) < len(chips):
        raise ImageError("two builds for one chip: %s" % ", ".join(chips))
    if len(versions) != 1:
        raise ImageError("builds of several versions: %s" % ", ".join(sorted(versions)))
    version = versions.pop()
    if tools and not (pathlib.Path(tools) / SCRIPT).exists():
        raise ImageError("%s: no %s, which ESP Web Tools has in dist/web" % (tools, SCRIPT))
    if docs and not (pathlib.Path(docs) / "index.html").exists():
        raise ImageError("%s: no index.html, which `make docs` makes" % docs)
    for folder, values, _ in found:
        release.publish(pathlib.Path(folder) / "ota.bin", site / "updates" / values["chip"].lower(), channel, notes)
    if channel != CHANNELS[0] and (site / "manifest.json").exists():
        return version  # the page keeps installing the release
    builds = []
    shutil.rmtree(site / "firmware", ignore_errors=True)
    for _, values, parts in found:
        chip = values["chip"]
        written = []
        for offset, name, data in parts:
            path = pathlib.Path("firmware", chip.lower(), name + ".bin")
            (site / path).parent.mkdir(parents=True, exist_ok=True)
            (site / path).write_bytes(data)
            written.append({"path": path.as_posix(), "offset": offset})
        builds.append({"chipFamily": chip, "parts": written})
    manifest = {
        "name": NAME, "version": version, "new_install_prompt_erase": True,
        "new_install_improv_wait_time": _IMPROV_S, "builds": builds,
    }  # fmt: skip
    (site / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    if docs:
        shutil.rmtree(site / "docs", ignore_errors=True)
        shutil.copytree(docs, site / "docs")
    page = _PAGE.format(
        script=SCRIPT, version=html.escape(version), chips=", ".join(chips),
        docs=_DOCS if (site / "docs").exists() else "")  # fmt: skip
    (site / "index.html").write_text(page)
    if tools:
        shutil.copytree(tools, site / "esp-web-tools", dirs_exist_ok=True)
    return version


def main(arguments):
    parser = argparse.ArgumentParser(
        prog="python -m tools.site", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("images", nargs="+", metavar="IMAGES", help="folder build/image of one chip")
    add("--to", metavar="DIR", required=True, help="folder of the site")
    add("--channel", choices=CHANNELS, default=CHANNELS[0], help="channel of the updates; default: %(default)s")
    add("--notes", metavar="TEXT", help="release notes for users; default: the paragraph in CHANGELOG.md")
    add("--docs", metavar="DIR", help="folder build/docs of `make docs`, copied to the site")
    add("--esp-web-tools", metavar="DIR", help="folder dist/web of ESP Web Tools, copied to the site")
    given = parser.parse_args(arguments)
    try:
        print("%s: version %s" % (given.to, make(given.images, given.to, given.channel, given.notes,
                                                 given.esp_web_tools, given.docs)))  # fmt: skip
    except (ImageError, OSError, ValueError) as error:
        print("tools.site: %s" % error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
