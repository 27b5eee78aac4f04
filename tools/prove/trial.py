"""Test updates for a simulated board: makes images of any version, also broken ones, and uploads them."""

import json
import urllib.error
import urllib.request

from host_sim import standin
from staging import keyring
from tools import build
from tools.image import application, slot
from tools.measure.simulator import PATIENCE


def image(version, **changed):
    """A signed image for the simulated board. changed: {module: source text}, to break the application on purpose."""
    files = application.files(application.SIM, version)
    for name, text in changed.items():
        files["py/han/%s.py" % name] = text.encode()
        files["han/%s.mpy" % name] = b"M"  # no module
    key = keyring.development_key()
    return slot.make(standin.application("1.29.0"), application.SIM, files, version, build.MIN_VERSION, "1.29.0", key)


def request(url, data=None, headers=(), method=None):
    """(status, JSON of the answer or text of a refusal) of a request."""
    asked = urllib.request.Request(url, data, dict(headers), method=method)
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def upload(url, data):
    """POST /update as released clients do: a valid image is activated, and the reader restarts. As request()."""
    mark = "----8f2b"
    head = '--%s\r\nContent-Disposition: form-data; name="filename"; filename="ota.bin"\r\n\r\n' % mark
    body = head.encode() + data + ("\r\n--%s--\r\n" % mark).encode()
    return request(url + "/update", body, {"Content-Type": "multipart/form-data; boundary=" + mark})
