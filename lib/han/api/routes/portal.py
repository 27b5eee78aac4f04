"""In setup mode, where phones and computers look whether there is internet. Imported when needed.

Every name leads to the reader then, but only these questions are answered, and only with the way to
its page: a system that sees that shows the page by itself.
"""
from microdot import Response

from ..http.access import name_of

# Of Apple, Google and its makers of phones, Microsoft, Mozilla, GNOME and KDE.
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
    """The response that leads to the page at a place; None for what is no such question."""
    if head.method not in ("GET", "HEAD"):
        return None
    # An address that somebody has typed leads there as well.
    if head.path != "/" and head.path not in _PATHS.split(" "):
        if name_of(head.headers.get("host", "")) not in _HOSTS.split(" "):
            return None
    return Response(b"", 302, {"Location": "http://%s/" % place, "Content-Type": "text/plain"})
