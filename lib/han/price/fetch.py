"""Fetches the prices of one day of the exchange: asks the providers, checks, compares and converts their prices.

The result is right, or there is none. An answer of another form, day or length, with holes, or with prices
that are not sane is ignored. Where two providers answer, they must agree.
"""
from ..net.http import Client, HttpError, Status
from . import rates
from .day import Day
from .keep import add
from .providers.elering import Elering
from .providers.elprisetjustnu import Elprisetjustnu
from .providers.energycharts import EnergyCharts
from .scan import Scanner, Wrong

#: The providers in the order in which they are asked.
PROVIDERS = (Elprisetjustnu, EnergyCharts, Elering)


async def errand(book, board, area, currency, days, oldest, now):
    """Fetch days into the book, and save it. Returns what went wrong, a list of texts.

    days     (start, end, True where it may not be published yet) of each
    oldest   start of the first day that is still of use; all times in seconds since 2020 UTC
    """
    problems = []
    for start, end, early in days:
        fetch = Fetch(area, currency, book, board.sites, board.roots)
        try:
            day = await fetch.day(start, end, now)
            add(book, area, currency, day, oldest)
        except Unpublished:
            if early:
                continue
        except Wrong as error:
            problems.append(str(error))
        except OSError as error:
            problems.append("not saved: %s" % error)
        problems += fetch.problems
    return problems


class Unpublished(Exception):
    """No provider has the prices of this day yet."""


class Fetch:
    """Fetches days for an area and a currency.

    book    keeps the last exchange rate, which is used when the ECB does not answer
    sites   name of a provider -> its base address, None for the real ones
    roots   certificates of the authorities that TLS trusts, see net.http.Client
    """

    def __init__(self, area, currency, book, sites, roots=None):
        self._area = area
        self._currency = currency
        self._book = book
        self._sites = sites
        self._client = Client(roots)
        #: Texts about what went wrong, also where there is a result.
        self.problems = []

    async def day(self, start, end, now):
        """(start, seconds of a slot, array of prices) of a day; all times in seconds since 2020 UTC.

        Unpublished where no provider has the day yet; Wrong where no provider has prices that can be trusted.
        """
        chosen = None
        missing = asked = 0
        # Providers with prices in the wanted currency come first.
        for provider in PROVIDERS if self._currency == "SEK" else PROVIDERS[1:] + PROVIDERS[:1]:
            if self._area not in provider.areas:
                continue
            asked += 1
            try:
                found = await self._ask(provider, Day(start, end), now)
            except Unpublished:
                missing += 1
                self.problems.append(provider.name + ": no prices")
            except (HttpError, Wrong) as error:
                self.problems.append("%s: %s" % (provider.name, error))
            else:
                if chosen is None:
                    chosen = found
                elif not agree(chosen, found, rates.about(self._currency)):
                    raise Wrong("providers disagree")
        if chosen:
            return (start,) + chosen
        if missing and missing == asked:
            raise Unpublished()
        raise Wrong("no provider")

    def _site(self, name, site):
        return self._sites[name] if self._sites else site

    async def _ask(self, provider, day, now):
        provider = provider(self._area, self._currency, day)
        scanner = Scanner(provider.found)
        try:
            await self._client.get(self._site(provider.name, provider.site) + provider.path, scanner.feed)
        except Status as status:
            if status.code == 404:
                raise Unpublished()
            raise
        scanner.done()
        provider.done()
        if not day.seen:
            raise Unpublished()
        step, prices = day.finish(rates.about(provider.currency))
        if provider.currency != self._currency:
            rate = await self._rate(now)
            for k in range(len(prices)):
                prices[k] = (2 * prices[k] * rate + 1000000) // 2000000
        return step, prices

    async def _rate(self, now):
        """10^-6 units of the currency per euro. Wrong where no rate is known that is fresh enough."""
        fixed = rates.fixed(self._currency)
        if fixed:
            return fixed
        book = self._book
        today = now // 86400
        known = book.rate if book.rate and book.rate[0] == self._currency else None
        if known is None or known[3] != today:
            try:
                found = rates.Rates(self._currency)
                await self._client.get(self._site("ecb", rates.SITE) + rates.PATH, found.feed)
                known = (self._currency,) + found.done(today) + (today,)
            except (HttpError, Wrong) as error:
                self.problems.append("ecb: %s" % error)
                if known is None or not 0 <= today - known[2] <= rates.OLDEST:
                    raise Wrong("no exchange rate")
            book.rate = known
        return known[1]


def agree(one, other, units):
    """True where each hour costs about the same in both (seconds of a slot, array of prices).

    The tolerance covers exchange rates of different days, and hourly means beside quarters.
    units: roughly the units of the currency per euro
    """
    for hour in range(len(one[1]) * one[0] // 3600):
        a = _mean(one, hour)
        b = _mean(other, hour)
        if abs(a - b) > abs(a) // 16 + 100000 * units:
            return False
    return True


def _mean(day, hour):
    step, prices = day
    each = 3600 // step
    return sum([prices[hour * each + k] for k in range(each)]) // each
