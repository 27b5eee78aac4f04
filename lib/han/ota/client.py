"""Asks the update server for a newer version, and downloads it. The server has static files, as `make release` makes.

    <updates>/<channel>/manifest.json    {"version", "url", "size", "sha256", "releaseNotes", "critical", "forced",
                                          "flavour"}

An update of the flavour `appended` is not offered to a board that cannot run an image with files.

The setting `up` decides what follows. manual: the update is shown. download: it is downloaded, too.
automatic: it is activated, too. A critical update is downloaded whatever `up` says, and a forced one
is also activated. The server need not be trusted: an update is installed only if it is signed and newer.

If the offered image is in the other slot already, it is shown as READY_TO_REBOOT. It is not
activated by itself, as it may be the one that has failed here.
"""
import asyncio
from binascii import a2b_base64

from ..core.strictjson import Parser
from ..net.http import Client, HttpError, Status
from .install import Installer
from .rules import Wrong, lowest, number
from .state import begin, closed, fail, settle, stage, tell

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


_SECTOR = const(4096)
_DAY = const(86400)
_HOUR = const(3600)
_MANIFEST = const(8192)  # bytes
_NOTES = const(1000)  # characters of the release notes that are kept


class Visit:
    """One visit to the update server. report(status, health, error): sets the row of /health."""

    #: Pauses before the second and each further attempt to download the rest of an image, s.
    pauses = (2, 10, 30, 60)
    #: Time limit of one attempt, s.
    seconds = 1800

    def __init__(self, updates, config, report):
        self._updates = updates
        self._config = config
        self._report = report
        self._url = "%s/%s/manifest.json" % (updates.board.updates.rstrip("/"), updates.board.channel)

    async def run(self, asked):
        """Ask the server, and do what is due. Returns the seconds until the next visit.

        asked: the user has asked for the update
        """
        updates = self._updates
        if not asked and closed(updates):
            return _HOUR
        try:
            offer, told = self._read(await self._manifest())
        except HttpError as error:
            self._report("running", "degraded", "update server: %s" % error)
            self._visited("failed")
            if asked:
                fail(updates, "download_failed", str(error))
            return _HOUR
        self._visited("answered")
        self._report("running", "ok", None)
        if not asked and closed(updates):  # an upload has begun meanwhile
            return _HOUR
        no_files = offer and told.get("flavour") == "appended" and updates.board.no_files()
        if no_files:
            version, offer = offer[0], None
        self._offer(offer, told)
        if no_files:
            if asked or updates.status == "IDLE":
                fail(updates, "wrong_product", "%s of the update server %s" % (version, no_files))
            return _DAY
        if not offer:
            if asked:
                fail(updates, "no_update", "the update server has nothing newer than %s" % updates.running)
            return _DAY
        up = self._config.get("up")
        failed = updates.status == "FAILED" and (updates.error == "rolled_back" or updates.failed == offer)
        if asked or not failed and (up != "manual" or updates.critical or updates.forced):
            await self._install(offer, asked, up == "automatic" or updates.forced)
        return _DAY

    def _visited(self, server):
        self._updates.visits += 1
        self._updates.server = server
        tell(self._updates)

    def _client(self):
        authority = self._updates.board.authority
        return Client(authority and a2b_base64(authority))

    async def _manifest(self):
        parts = []
        client = self._client()
        client.body = _MANIFEST
        await client.get(self._url, parts.append)
        return b"".join(parts)

    def _read(self, data):
        """((version, url, size, sha256) or None where it is not newer, all values of the manifest) from its bytes.

        HttpError: they are not a manifest.
        """
        try:
            told = Parser(data).parse()
            newer = number(told["version"]) > number(self._updates.running)
            url, size, digest = told["url"], told["size"], told["sha256"].lower()
            if type(size) is not int or size < _SECTOR or len(digest) != 64 or type(url) is not str:
                raise ValueError("url, size or sha256")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise HttpError("its manifest is not valid: %s" % error)
        if "://" not in url:
            at = self._url.find("/", 8) if url[:1] == "/" else self._url.rfind("/") + 1
            url = self._url[:at] + url
        return (told["version"], url, size, digest) if newer else None, told

    def _offer(self, offer, told):
        updates = self._updates
        updates.offer = offer
        updates.notes = _text(told.get("releaseNotes")) if offer else None
        updates.critical = bool(offer) and told.get("critical") is True
        updates.forced = bool(offer) and told.get("forced") is True
        if updates.status in ("IDLE", "UPDATE_AVAILABLE"):
            settle(updates)
        else:
            tell(updates)

    async def _install(self, offer, asked, activate):
        updates = self._updates
        version, _, size, digest = offer
        if updates.staged and number(updates.staged) >= number(version):
            return
        try:
            installer = Installer(updates, lowest(updates, True))
        except OSError:
            return  # a board with one slot is updated by cable
        begin(updates, "DOWNLOAD_IN_PROGRESS", "cloud", size)  # from now on nothing else may write to the slot
        if await self._there(installer, size, digest):
            stage(updates, version)
            activate = activate and asked
        elif size > installer.room:
            fail(updates, "too_large", "%d bytes, the slot holds %d" % (size, installer.room))
        else:
            updates.version = version

            async def fetch(writer):
                await self._fetch(offer, writer)

            await installer.take(fetch, "DOWNLOAD_IN_PROGRESS", "cloud", size, digest)
        if updates.status == "FAILED":
            updates.failed = None if updates.error == "download_failed" else offer
        elif activate:
            await installer.activate()

    async def _there(self, installer, size, digest):
        try:
            await installer.verify(size, digest)
            return True
        except Wrong:
            return False

    async def _fetch(self, offer, writer):
        """Download the image into a Writer, in several attempts where needed. Wrong where all of them fail."""
        _, url, size, _ = offer
        client = self._client()
        client.seconds = self.seconds
        client.body = writer.size
        begun = 0

        def feed(data):
            nonlocal begun
            if begun and not client.start:  # a server without ranges sends all of it again
                begun = 0
                writer.restart()
            if writer.count + len(data) > size:
                raise Wrong("download_failed", "longer than the update server's manifest says")
            return writer.feed(data)

        for pause in self.pauses + (0,):
            begun = client.start = writer.count
            try:
                await client.get(url, feed)
                reason = "shorter than the update server's manifest says"
                if writer.count == size:
                    return
            except HttpError as error:
                reason = str(error)
                if isinstance(error, Status) and error.code < 500:
                    break
            if pause:
                await asyncio.sleep(pause)
        raise Wrong("download_failed", reason)


def _text(value):
    return value[:_NOTES] if isinstance(value, str) else None
