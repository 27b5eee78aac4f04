"""GET /wifi/scan. Imported when needed."""
from ..config.permit import foreign


async def serve(app, request):
    """The networks in reach, or the state of the scan, bytes. A request with X-Scan-Start begins a new scan."""
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
