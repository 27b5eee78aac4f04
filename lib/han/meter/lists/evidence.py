"""Tells the scale of a telegram's currents: its powers are whole watts, and U times I must match them."""
try:
    from micropython import const
except ImportError:

    def const(number):
        return number


#: Indexes of the results of `fill.powers`, see there: VA of U times I, W, var, phases with a current, phases with a
#: power, voltages.
VA, WATT, VAR, CURRENTS, APART, MAINS = const(0), const(1), const(2), const(3), const(4), const(5)

#: Powers up to this prove nothing, VA.
LEAST = const(500)
#: Verdicts of currents(): the other scale fits, but only as in networks without neutral, with unequal phases or with
#: harmonics; no scale fits.
WEAK, NONE = const(98), const(99)


def apparent(found):
    """The apparent power from P and Q of the meter, VA: the root of P² + Q²; 0 without P. found: of fill.powers."""
    a, b = found[WATT], max(0, found[VAR])
    square = a * a + b * b
    root = max(a, b) + min(a, b) // 2  # not less than the root, and at most an eighth more
    while a >= 0 and root > 0:
        less = (root + square // root) // 2
        if less >= root:
            return root
        root = less
    return 0


def plain(found):
    """True where a telegram surely agrees with the scale in which it was read. Most do; this needs no square root."""
    va, a, b = found[VA], found[WATT], found[VAR]
    if a < b:
        a, b = b, a
    return a > LEAST and 5 * va >= 4 * (a + max(0, b)) and va <= 3 * a


def currents(power, va, other):
    """The scale of currents in which U times I match the power: 0 (the usual one), `other`, WEAK or NONE.

    power   apparent power as the meter tells it, VA
    va      U times I with currents in the usual scale, VA
    other   the only other scale, as a power of ten to the usual one

    None: the telegram proves nothing. WEAK: it may be the other scale. NONE: neither fits.
    """
    if power <= LEAST or va <= 0:
        return None
    # U times I may be more than S in networks without neutral, with harmonics, or if phases cancel each other.
    if 5 * va >= 4 * power and va <= 3 * power:
        return 0
    scaled = at(va, other)
    if 95 * power <= 100 * scaled <= 200 * power:
        return other if 100 * scaled <= 105 * power else WEAK
    return NONE


def at(number, power):
    """number * 10**power as an integer."""
    return number * 10**power if power >= 0 else number // 10**-power
