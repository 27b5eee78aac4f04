"""The providers of prices, one module each. price/areas.py tells which areas each one is asked for.

A module has a class Provider, see answer.py. The prices of all of them are without VAT, and all of them are in euros;
some give the currency of their country beside it. None of the real services has been asked from here: the formats are
those that their documentation and the programs of others show on the date in each file.
"""
