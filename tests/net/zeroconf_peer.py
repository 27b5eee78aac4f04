"""A host that knows mDNS, of the clients' environment: `zeroconf_peer.py KIND [HOST ADDRESS]`, a line for each event.

It browses the services of a kind on 127.0.0.1. With HOST, it first announces a service of its own on that host.
"""

import json
import sys
import threading

from zeroconf import ServiceBrowser, ServiceInfo, Zeroconf


def tell(event, name, info=None):
    about = {}
    if info:
        texts = {key.decode(): value and value.decode() for key, value in info.properties.items()}
        about = {"port": info.port, "at": info.parsed_addresses(), "server": info.server, "txt": texts}
    print(json.dumps([event, name, about]), flush=True)


class Listener:
    def add_service(self, zc, kind, name):
        tell("found", name, zc.get_service_info(kind, name, 10000))

    def update_service(self, zc, kind, name):
        tell("changed", name, zc.get_service_info(kind, name, 10000))

    def remove_service(self, zc, kind, name):
        tell("gone", name)


def main(kind, host="", address=""):
    zc = Zeroconf(interfaces=["127.0.0.1"])
    if host:
        info = ServiceInfo(kind, "peer." + kind, port=9, server=host, parsed_addresses=[address])
        zc.register_service(info)
        tell("registered", host)
    ServiceBrowser(zc, kind, Listener())
    threading.Event().wait()


main(*sys.argv[1:])
