"""GET /wifi/scan. Imported when needed."""
from ..config.permit import foreign


async def serve(app, request):
    """The networks around, or how far looking for them is; X-Scan-Start looks anew."""
    links = app.links
    scan = links.scan
    if scan:
        scan.look()
    if scan is None or "x-scan-start" in request.headers and scan.status != "SCAN_RUNNING":
        refused = foreign(request)
        if refused:
            return refused
        from ...net.join.scan import Scan

        scan = links.scan = Scan(links, links.clock)
    return scan.body
