"""Numbers of a request as integers. Imported when needed."""


def scaled(value, places):
    """A number of a request as an integer of 10^-places; any other value as it is."""
    if type(value) is int:
        return value * 10**places
    return value.scaled(places) if hasattr(value, "scaled") else value
