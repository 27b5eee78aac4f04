"""Where prices come from: a module for each, all of them part of what is imported to fetch.

A provider's class has
    name, site          what it is called, and its base address
    areas               that it knows
and, made with (area, currency, day),
    currency            of the prices it gives, one of those it can
    path                to ask for below its base address
    found(keys, text, quoted)   which takes the answer's values (see scan.Scanner) to day.add()
    done()              the answer is complete
Prices are without VAT at all of them.
"""
