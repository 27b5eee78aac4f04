"""Looks for WiFi networks in a thread of its own, as that takes seconds. Imported when needed."""
import time
from binascii import hexlify
from json import dumps

from ...core import utf8

try:
    import _thread
except ImportError:  # a build without threads: everything waits for the scan
    _thread = None

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# Most networks in a result, the strongest ones; time for a scan, s; scans in all if the first finds nothing.
_MOST = const(24)
_PATIENCE = const(20)
_TWICE = const(2)
# How long the result is kept, s.
_INTEREST = const(120)
_SECURITY = (
    "OPEN WEP WPA_PSK WPA2_PSK WPA_WPA2_PSK WPA2_ENTERPRISE WPA3_PSK WPA2_WPA3_PSK WAPI_PSK OWE WPA3_ENTERPRISE"
)


class Scan:
    """One scan, which begins when it is made. `status` is SCAN_RUNNING, SCAN_SUCCESS or SCAN_FAILED."""

    def __init__(self, links, clock):
        self.status = "SCAN_RUNNING"
        self.body = b'{"status":"SCAN_RUNNING"}'  # the answer of GET /wifi/scan
        self._links = links
        self._clock = clock
        self._until = clock.uptime_ms() + 1000 * _PATIENCE
        self._found = None  # set by the thread: a list, or what went wrong as text
        self._nic = nic = links.policy().attempts.pause(_PATIENCE)
        if nic is None:
            self._fail("this board has no radio")
            return
        if _thread is None:
            self._work()
        else:
            try:
                _thread.start_new_thread(self._work, ())
            except (OSError, RuntimeError, MemoryError) as error:
                self._fail(str(error))

    # Runs in the thread. It touches nothing but the radio and _found.
    def _work(self):
        try:
            nic = self._nic
            if not nic.active():
                nic.active(True)
            found = []
            for _ in range(_TWICE):
                # The port finds nothing when it cannot scan, as while an attempt to connect is not quite over.
                found = nic.scan()
                if found:
                    break
                time.sleep(1)
            self._found = found
        except Exception as error:
            self._found = str(error) or "failed"

    def look(self):
        """Take what the thread has found, if it is done. True once the result need not be kept any longer."""
        found = self._found
        now = self._clock.uptime_ms()
        if self.status != "SCAN_RUNNING":
            return now > self._until
        if found is None:
            # After that, the result of a thread that comes back late is dropped.
            if now > self._until:
                self._fail("no answer from the radio")
        elif isinstance(found, str):
            self._fail(found)
        else:
            found.sort(key=lambda network: -network[3])
            names = _SECURITY.split(" ")
            rows = []
            for ssid, bssid, channel, rssi, security, _ in found[:_MOST]:
                name = utf8.text(ssid)
                if name is None:
                    continue  # it is not UTF-8, so nobody could type it
                digits = hexlify(bssid).decode().upper()
                address = ":".join([digits[i : i + 2] for i in range(0, 12, 2)])
                auth = names[security] if 0 <= security < len(names) else "UNKNOWN"
                rows.append(
                    '{"ssid":%s,"bssid":"%s","rssi":%d,"channel":%d,"auth":"%s"}'
                    % (dumps(name), address, rssi, channel, auth)
                )
            self._end("SUCCESS", ',"networks":[%s]' % ",".join(rows))
        return False

    def _fail(self, why):
        self._end("FAILED", ',"message":%s' % dumps(why))

    def _end(self, how, rest):
        self.status = "SCAN_" + how
        self.body = ('{"status":"%s"%s}' % (self.status, rest)).encode()
        self._found = None
        self._until = self._clock.uptime_ms() + 1000 * _INTEREST
        self._links.policy().attempts.resume()
