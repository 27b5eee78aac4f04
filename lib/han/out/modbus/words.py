"""Numbers as registers. All are made of integers, so that both interpreters make the same bits."""


def rounded(number, tens):
    """number / 10^tens as an integer, halves away from 0. tens below 0 multiplies."""
    if tens <= 0:
        return number * 10**-tens
    below = 10**tens
    return -((-number + below // 2) // below) if number < 0 else (number + below // 2) // below


def single(number, tens):
    """The 32 bits of number / 10^tens as a float of single precision (IEEE 754), halves to even."""
    if not number:
        return 0
    sign = 0
    if number < 0:
        number, sign = -number, 0x80000000
    below = 10**tens
    exponent = 150  # of 2, with its bias, for a mantissa of 24 bits
    while number < below << 23:
        number <<= 1
        exponent -= 1
    while number >= below << 24:
        below <<= 1
        exponent += 1
    mantissa, rest = divmod(number, below)
    if 2 * rest > below or 2 * rest == below and mantissa & 1:
        mantissa += 1  # up to 2^24, which carries into the exponent as it should
    return sign + (exponent - 1 << 23) + mantissa


def put(buf, at, number, size):
    """Write an integer, negative ones as two's complement, to `size` registers from the register `at` on."""
    for i in range(2 * (at + size) - 1, 2 * at - 1, -1):
        buf[i] = number & 0xFF
        number >>= 8


def put_text(buf, at, text, size):
    """Write a text to `size` registers from the register `at` on; what is too long is cut off."""
    data = text.encode()[: 2 * size]
    buf[2 * at : 2 * at + len(data)] = data
