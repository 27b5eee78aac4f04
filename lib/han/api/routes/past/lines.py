"""What answers with a line for each sample have in common. Imported for a request."""
from ....core.zone import date

_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Disposition: attachment; filename=\"han-%s.%s\"\r\n"
    b"Cache-Control: no-store\r\nConnection: close\r\n\r\n"
)
_TYPES = {"csv": b"text/csv; charset=utf-8", "jsonl": b"application/x-ndjson"}


def head(form, name):
    """The head of an answer in a form, "csv" or "jsonl". name: what is in it, for the file's name."""
    return _HEAD % (_TYPES[form], name.encode(), form.encode())


def line(fields, form, comma):
    """The line of a sample, bytes. fields: [(name, value as JSON)]; comma: the numbers of a CSV have decimal commas."""
    if form == "csv":
        return row([value.strip('"') if value != "null" else "" for _, value in fields], comma)
    return ("{" + ",".join(['"%s":%s' % field for field in fields]) + "}\n").encode()


def row(cells, comma):
    """A line of a CSV, bytes."""
    if comma:
        return (";".join(cells).replace(".", ",") + "\r\n").encode()  # only numbers have points
    return (",".join(cells) + "\r\n").encode()


def iso(zone, t):
    """A time, s since 2020 UTC, as ISO 8601 on the local clock."""
    local = zone.local(t)
    minutes = (local - t) // 60
    year, month, day = date(local // 86400)
    sign = "-" if minutes < 0 else "+"
    minutes = abs(minutes)
    second = local % 86400
    return "%04d-%02d-%02dT%02d:%02d:%02d%s%02d:%02d" % (
        year, month, day, second // 3600, second // 60 % 60, second % 60, sign, minutes // 60, minutes % 60,
    )  # fmt: skip
