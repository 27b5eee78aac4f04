"""The configuration in flash.bin: checked like the API does, and converted to the reader's own form.

The input is JSON with the API's names, as PUT /configuration takes it. A reader takes config.json of its file system
at its first start, and whenever it finds no readable configuration.
"""

import json
import sys

from staging import ImageError, stage


def configuration(data, name="the configuration"):
    """Bytes of config.json for the bytes of a JSON file; ImageError names the field that is wrong."""
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
        # These are the factory settings, and a factory reset must help against a forgotten password.
        raise ImageError("%s: the password pw has to be set on the reader itself" % name)
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode()
