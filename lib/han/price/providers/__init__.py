"""Where prices come from: a module for each, imported while it is asked.

A provider's class takes (area, currency, day) and has
    currency            of the prices it gives, one of those it can
    path                to ask for below its base address
    found(keys, text, quoted)   which takes the answer's values (see scan.Scanner) to day.add()
    done()              the answer is complete
Prices are without VAT at all of them.
"""

#: (module, class, areas) in the order in which they are asked.
TABLE = (
    ("elprisetjustnu", "Elprisetjustnu", ("SE1", "SE2", "SE3", "SE4")),
    ("energycharts", "EnergyCharts", ("FI", "EE", "SE1", "SE2", "SE3", "SE4")),
    ("elering", "Elering", ("FI", "EE")),
)
#: Their base addresses, and that of the exchange rates; a board may have others.
SITES = {
    "elprisetjustnu": "https://www.elprisetjustnu.se",
    "energycharts": "https://api.energy-charts.info",
    "elering": "https://dashboard.elering.ee",
    "ecb": "https://www.ecb.europa.eu",
}
