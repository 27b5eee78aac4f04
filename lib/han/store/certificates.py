"""The certificates that tools/provision has written into the `state` partition. Functions return the Copies of each."""
from .copies import Copies
from .flash import AUTHORITY, CERTIFICATE, Region


def own(state):
    """The reader's own certificate for https, with its key: bytes of api.http.tls.packed()."""
    return Copies(Region(state, *CERTIFICATE), b"HANS")


def authority(state):
    """The authority of a private server, such as a house's own broker: a certificate, DER."""
    return Copies(Region(state, *AUTHORITY), b"HANA")
