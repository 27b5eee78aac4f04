"""What a telegram says of the scale of its currents: powers are whole watts, and have to be what U times I make."""
try:
    from micropython import const
except ImportError:

    def const(number):
        return number


#: What `fill.powers` puts where: VA of U times I, W, var, phases with a current, phases with a power, voltages.
VA, WATT, VAR, CURRENTS, APART, MAINS = const(0), const(1), const(2), const(3), const(4), const(5)

#: Powers up to this prove nothing, VA.
LEAST = const(500)
#: The other scale fits as networks without neutral, unlike phases and harmonics make it; no scale fits.
WEAK, NONE = const(98), const(99)


def apparent(found):
    """The apparent power that the meter tells, VA: the root of P² + Q²; 0 where it tells none."""
    a, b = found[WATT], max(0, found[VAR])
    square = a * a + b * b
    root = max(a, b) + min(a, b) // 2  # never less than it, nor more than an eighth more
    while a >= 0 and root > 0:
        less = (root + square // root) // 2
        if less >= root:
            return root
        root = less
    return 0


def plain(found):
    """Whether a telegram is sure to agree with the scale that it was read in, as nearly all do: without a root."""
    va, a, b = found[VA], found[WATT], found[VAR]
    if a < b:
        a, b = b, a
    return a > LEAST and 5 * va >= 4 * (a + max(0, b)) and va <= 3 * a


def currents(power, va, other):
    """The scale of currents in which U times I make the power; None: it proves nothing.

    power: S, va: U times I in the usual scale, VA; other: the power of ten of the only other scale to that. WEAK: it
    may be the other, NONE: it is in neither.
    """
    if power <= LEAST or va <= 0:
        return None
    # Networks without neutral, harmonics, and phases that make up for each other: U times I may well be more.
    if 5 * va >= 4 * power and va <= 3 * power:
        return 0
    scaled = at(va, other)
    if 95 * power <= 100 * scaled <= 200 * power:
        return other if 100 * scaled <= 105 * power else WEAK
    return NONE


def at(number, power):
    """A number in a scale of another power of ten."""
    return number * 10**power if power >= 0 else number // 10**-power
