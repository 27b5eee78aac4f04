"""Look-alikes of the services for prices and exchange rates, a file for each one or two of the same form.

A file has
    NAMES                   the names of its services
    answer(name, path, query, slots, fault)   the body as bytes, or a status as int

slots(area, start, end, step) gives [[Unix s, 10^-2 EUR per MWh or None]] of the published slots that begin from start
to end, with the fault's damage. ecb.py has exchange rates instead, and no answer().

Each service does the faults "turned" (another order, as right as the usual one), "format" (other names) and "unit"
(another unit, or times in another form) itself; sites.py does the others. The real services have not been asked from
here: the forms are those of their documentation and of the programs of others.
"""
