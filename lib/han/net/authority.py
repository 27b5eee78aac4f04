"""The authority of a private server, such as a house's own broker: a certificate that tools/provision has written."""
from ..store.copies import Copies
from ..store.flash import AUTHORITY, Region


def copies(state):
    """The Copies that keep it, DER, in the `state` partition."""
    return Copies(Region(state, *AUTHORITY), b"HANA")
