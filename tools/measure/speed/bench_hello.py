"""The bare microdot that `make bench` compares the API with: `bench_hello.py PORT`."""

import sys

from microdot import Microdot

app = Microdot()


@app.get("/hello")
async def hello(request):
    return "hello"


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(sys.argv[1]))
