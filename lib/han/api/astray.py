"""What a request gets that is on no row of the table of routes: OPTIONS, 404 and 405. Imported for one."""
from .routes import rows
from .connection import refusal


def allowed(path):
    """The field that names the methods of a path, in a dict; 404 where there is no such path."""
    names = []
    for row in rows(path):
        names += row[2:]
    if path == "*":
        names = ["GET"]
    if "GET" in names:
        names.append("HEAD")
    return {"Allow": ", ".join(names + ["OPTIONS"])} if names else 404


def answer(path):
    """The refusal of a path that is none, or has other methods."""
    fields = allowed(path)
    if fields == 404:
        return refusal(404, "no such path")
    return refusal(405, "method must be one of " + fields["Allow"], fields)
