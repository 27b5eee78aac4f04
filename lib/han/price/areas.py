"""Which providers have the prices of which area. Loaded when it is needed."""

#: A line for each provider: its module in `providers`, and the areas for which it is asked.
_PROVIDERS = """energycharts FI EE LV LT SE1 SE2 SE3 SE4 NO1 NO2 NO3 NO4 NO5 DK1 DK2 NL BE DE-LU AT PL CH
elering FI EE LV LT
elprisetjustnu SE1 SE2 SE3 SE4
hvakosterstrommen NO1 NO2 NO3 NO4 NO5
energidataservice DK1 DK2
energyzero NL
awattar DE-LU AT
nordpool BE PL"""


def providers(area):
    """Names of the modules that have prices of an area, in the order in which they are asked."""
    rows = [line.split(" ") for line in _PROVIDERS.split("\n")]
    return [row[0] for row in rows if area in row[1:]]
