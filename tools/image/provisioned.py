"""The configuration that flash.bin brings along: checked as the API checks it, written as the reader keeps it.

The file is JSON with the API's names, as PUT /configuration takes it. On its first start, and whenever it
finds no configuration that can be read, the reader takes config.json of its file system.
"""

import json
import sys

from staging import ImageError, stage


def configuration(data, name="the configuration"):
    """Bytes of config.json for a file's bytes; ImageError names the field that is wrong."""
    lib = str(stage.ROOT / "lib")
    if lib not in sys.path:
        sys.path.insert(0, lib)
    from han.core.strictjson import Parser
    from han.api.config.settings import changed
    from han.store.config import defaults

    try:
        values = changed(Parser(data).parse(), defaults())
    except ValueError as error:
        raise ImageError("%s: %s" % (name, error)) from error
    if values["pw"]:
        # Factory settings, which these are, have to be the way out of a forgotten one.
        raise ImageError("%s: pw has to be set on the reader itself" % name)
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode()
