"""The euro reference rates of the European Central Bank: /stats/eurofxref/eurofxref-daily.xml."""

from host_sim.house.localtime import civil_from_days
from host_sim.services.prices.market import RATES

PATH = "stats/eurofxref/eurofxref-daily.xml"
NAMES = ("ecb",)


def rates(now, fault=None):
    """The XML as bytes, with the rates of the day before, as before 16:00. now: Unix seconds."""
    days = now // 86400 - (30 if fault == "date" else 1)
    cubes = ["\t\t\t<Cube currency='%s' rate='%s'/>" % pair for pair in RATES]
    if fault == "format":
        cubes = [cube.replace("currency", "code") for cube in cubes]
    elif fault == "unit":
        cubes = [cube.replace(".", "") for cube in cubes]
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<gesmes:Envelope '
        'xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"'
        ' xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">\n'
        "\t<gesmes:subject>Reference rates</gesmes:subject>\n"
        "\t<Cube>\n\t\t<Cube time='%d-%02d-%02d'>\n%s\n\t\t</Cube>\n\t</Cube>\n"
        "</gesmes:Envelope>"
        % (civil_from_days(days) + ("\n".join(cubes),))
    ).encode()
