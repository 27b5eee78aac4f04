"""Setup mode: answers the requests by which phones and computers test for internet. Imported when needed.

In setup mode every name leads to the reader. Only these requests are answered under other names, and
only with a redirect to the reader's page. A system that gets the redirect shows the page by itself.
"""
from microdot import Response

from ..http.access import name_of

# Paths and hosts of such requests: of Apple, of Google and makers of Android phones, of Microsoft, Mozilla, GNOME
# and KDE.
_PATHS = (
    "/hotspot-detect.html /library/test/success.html /generate_204 /gen_204 /mobile/status.php /connecttest.txt"
    " /ncsi.txt /redirect /canonical.html /success.txt /check_network_status.txt /fwlink"
)
_HOSTS = (
    "captive.apple.com www.apple.com connectivitycheck.gstatic.com connectivitycheck.android.com clients3.google.com"
    " connectivitycheck.platform.hicloud.com www.msftconnecttest.com www.msftncsi.com ipv6.msftconnecttest.com"
    " detectportal.firefox.com nmcheck.gnome.org networkcheck.kde.org connectivity-check.ubuntu.com"
)


def redirect(head, place):
    """The Response (302) that leads to the page at `place`, host and port; None when the request is no such test."""
    if head.method not in ("GET", "HEAD"):
        return None
    # The path "/" leads there as well: somebody may have typed any name or address.
    if head.path != "/" and head.path not in _PATHS.split(" "):
        if name_of(head.headers.get("host", "")) not in _HOSTS.split(" "):
            return None
    return Response(b"", 302, {"Location": "http://%s/" % place, "Content-Type": "text/plain"})
