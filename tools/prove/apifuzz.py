"""`make api-fuzz`: schemathesis sends a running simulator requests that docs/openapi.yaml allows, and others.

Every answer must have a documented status, media type and form, and never the status 500. The streams, which do not
end, the restart, after which nothing answers for a moment, and what waits for the meter are left out: tests/api covers
them.
"""

import argparse
import sys

import hypothesis
import requests
import schemathesis
from schemathesis.checks import load_all_checks

from tools.docs import openapi
from tools.dev.progress import Progress, nobody
from tools.measure.simulator import PATIENCE, Simulator

_LEFT_OUT = ("/ws", "/sse", "/reboot", "/meter/registers")
_CHECKS = "status_code_conformance", "content_type_conformance", "response_schema_conformance"


def fuzz(url, examples, seed, trusted=True, tell=nobody):
    """Send requests to the reader at `url`; returns their number. AssertionError names a request with a wrong answer.

    examples    requests for each operation
    trusted     True: every other request has a token
    tell(text)  called with each step
    """
    load_all_checks()
    checks = [schemathesis.checks.CHECKS.get_one(name) for name in _CHECKS]
    schema = schemathesis.openapi.from_dict(openapi.document())
    schema.config.update(base_url=url)
    made = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path in _LEFT_OUT:
            continue
        tell("%s %s, %d requests so far" % (operation.method.upper(), operation.path, made))
        for mode in schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE:
            try:
                strategy = operation.as_strategy(generation_mode=mode)
            except Exception:  # this operation has no wrong requests
                continue

            @hypothesis.seed(seed)
            @hypothesis.settings(
                max_examples=examples, deadline=None, database=None, suppress_health_check=list(hypothesis.HealthCheck),
                phases=(hypothesis.Phase.generate,),
            )  # fmt: skip
            @hypothesis.given(case=strategy)
            def ask(case):
                nonlocal made
                if isinstance(case.body, dict):
                    case.body.pop("pw", None)  # with a password all further answers would be 401
                headers = {}
                if trusted and made % 2:
                    token = requests.get(url + "/auth/token", timeout=PATIENCE).json()["accessToken"]
                    headers["Authorization"] = "Bearer " + token
                response = case.call(base_url=url, headers=headers, timeout=PATIENCE)
                made += 1
                assert response.status_code != 500
                case.validate_response(response, checks=checks)

            try:
                ask()
            except hypothesis.errors.Unsatisfiable:
                pass
    return made


def main(arguments=None):
    parse = argparse.ArgumentParser("python -m tools.prove.apifuzz", description=__doc__.splitlines()[0])
    parse.add_argument("--examples", type=int, default=60, help="requests for each operation (60)")
    parse.add_argument("--seed", type=int, default=1)
    parse.add_argument("--runtime", choices=("cpython", "micropython"), default="micropython")
    options = parse.parse_args(arguments)
    with Progress() as progress:
        progress.tell("waiting for a simulator's first reading")
        with Simulator("--port", 0, "--runtime", options.runtime) as reader:
            reader.wait_for_reading()
            made = fuzz(reader.url, options.examples, options.seed, tell=progress.tell)
            alive = reader.get("/health")["type"] == "HAN_HEALTH_MESSAGE"
    print("%d requests: every answer as documented" % made)
    return 0 if alive else 1


if __name__ == "__main__":
    sys.exit(main())
