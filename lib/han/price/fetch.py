"""Fetches the prices of one day of the exchange: asks the providers, checks, compares and converts their prices.

The result is right, or there is none. An answer of another form, day or length, with holes, or with prices
that are not sane is ignored. Where two providers answer, they must agree.
"""
from ..net.http import Client, HttpError, Status
from . import rates
from .areas import providers
from .day import Day, agree, alone
from .keep import add
from .scan import Scanner, Wrong

#: So many s before a day begins its prices are taken also where one provider does not have them: 15:00 the day before.
PATIENCE = 32400


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

        Unpublished where no provider has the day yet, or not every one while there is time; Wrong where no provider
        has prices that can be trusted.
        """
        found = []
        missing = 0
        names = providers(self._area)
        for name in names:
            module = __import__("han.price.providers." + name, None, None, ("Provider",))
            provider = module.Provider(self._area, self._currency, Day(start, end))
            try:
                found.append(await self._ask(provider))
            except Unpublished:
                missing += 1
                self.problems.append(provider.name + ": no prices")
            except (HttpError, Wrong) as error:
                self.problems.append("%s: %s" % (provider.name, error))
        if missing and (missing == len(names) or (found and start - now > PATIENCE)):
            raise Unpublished()
        if not found:
            raise Wrong("no provider")
        if len(found) > 1:
            for other in found[1:]:
                if not agree(found[0], other):
                    raise Wrong("providers disagree")
        else:
            alone(found[0][1])
        return (start,) + await self._converted(found, now)

    async def _converted(self, found, now):
        """(seconds of a slot, prices in the wanted currency) of the finest of the prices found."""
        # Of two with the same slots, the one that has the currency itself.
        found.sort(key=lambda each: (each[0], each[2] is None))
        step, prices, others = found[0]
        if self._currency != "EUR" and others is None:
            try:
                rate = await self._rate(now)
            except Wrong:
                found = [each for each in found if each[2] is not None]
                if not found:
                    raise
                step, _, others = found[0]
            else:
                for k in range(len(prices)):
                    prices[k] = (2 * prices[k] * rate + 1000000) // 2000000
        return step, prices if others is None else others

    def _site(self, name, site):
        return self._sites[name] if self._sites else site

    async def _ask(self, provider):
        scanner = Scanner(provider.found)
        try:
            await self._client.get(self._site(provider.name, provider.site) + provider.path, scanner.feed)
        except Status as status:
            if status.code in (204, 404):
                raise Unpublished()
            raise
        scanner.done()
        provider.done()
        day = provider.day
        if not day.seen:
            raise Unpublished()
        return day.finish(rates.about(self._currency))

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
