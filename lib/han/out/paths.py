"""Paths of the reader's port that belong to languages. Imported when a path is asked for that is none of the API's."""

# A row has a language, a path, what answers (module.function of this package), and the methods. One that ends with a
# slash stands for all paths below it.
_PATHS = """
homewizard /api homewizard.serve GET POST PUT DELETE
homewizard /api/ homewizard.serve GET POST PUT DELETE
shelly /shelly shelly.serve GET POST
shelly /rpc shelly.serve GET POST
shelly /rpc/ shelly.serve GET POST
metrics /metrics metrics.serve GET
"""


def rows(path, wanted):
    """[[path, ".module.function", method …]] of what answers a path; [] where nothing does.

    wanted: function, True for a language that is switched on
    """
    for row in _PATHS.strip().split("\n"):
        language, begin, what, *methods = row.split(" ")
        if (path == begin or begin[-1] == "/" and path.startswith(begin)) and wanted(language):
            return [[path, "." + what] + methods]
    return []
