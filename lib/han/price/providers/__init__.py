"""The providers of prices, one module each. price/fetch.py imports all of them.

A provider's class has
    name, site          its name and its base address
    areas               the bidding zones that it knows
An object, made with (area, currency, day), has
    currency            the currency of its prices: the wanted one if the provider has it
    path                the path and query below the base address
    found(keys, text, quoted)   takes the answer's values (see scan.Scanner), and passes prices to day.add(); Wrong
    done()              the answer is complete; Wrong where something is missing
The prices of all providers are without VAT.
"""
