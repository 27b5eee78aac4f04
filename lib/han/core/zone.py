"""The local calendar of an IANA time zone. All times are integer seconds since 2020-01-01, UTC or local."""
try:
    from micropython import const
except ImportError:

    def const(number):
        return number


_DAY = const(86400)
_EVER = const(0x3FFFFFFF)  # in 2054: the chip's largest small integer
#: A new reader's zone: no changes, no offset.
UTC = "Etc/UTC"
_UTC = b"\0\0\0"


def days(year, month, day):
    """Days from 2020-01-01 to a date of the Gregorian calendar."""
    # Years are counted from March, as the leap day ends such a year.
    y = year - (month < 3)
    return 365 * y + y // 4 - y // 100 + y // 400 + (153 * ((month + 9) % 12) + 2) // 5 + day - 737731


def date(day):
    """(year, month, day) of a number of days since 2020-01-01."""
    day += 737730
    era = day // 146097
    day %= 146097
    year = (day - day // 1460 + day // 36524 - day // 146096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5 - 1
    year += 400 * era
    return (year, month + 3, day) if month < 10 else (year + 1, month - 9, day)


def _seconds(quarters):
    return 900 * (quarters - 256 if quarters > 127 else quarters)


class Zone:
    """A time zone by its IANA name. ValueError where there is none of this name."""

    def __init__(self, name=UTC):
        self.name = name
        record = _UTC
        if name != UTC:
            from . import zonefile

            record = zonefile.find(name)
        if record is None:
            raise ValueError("no time zone " + name)
        self._record = record  # see zonefile.py
        # The offset that was found last, and the UTC times from and until which it holds.
        self._offset = 0
        self._from = self._until = 0

    def offset(self, utc):
        """Seconds by which local time is ahead of UTC."""
        if not self._from <= utc < self._until:
            self._find(utc)
        return self._offset

    def local(self, utc):
        """Local time at a time in UTC."""
        return utc + self.offset(utc)

    def utc(self, local, dst=None):
        """UTC at a local time.

        In an hour that comes twice, dst tells which one is meant (True: summer time); without it the
        first one is. An hour that is left out counts with the offset of the hour before.
        """
        before = self.offset(local - _DAY)
        after = self.offset(local + _DAY)
        if before == after:
            return local - before
        first, second = local - before, local - after
        if self.offset(second) == after and (dst is False and after < before or self.offset(first) != before):
            return second
        return first

    def hour_start(self, utc):
        """The first moment (UTC) of the local hour that utc is in."""
        return utc - self.local(utc) % 3600

    def day_start(self, utc):
        """The first moment (UTC) of the local day that utc is in."""
        return self._begin(self.local(utc) // _DAY)

    def next_day(self, utc):
        """The first moment (UTC) of the local day after it."""
        return self._begin(self.local(utc) // _DAY + 1)

    def month_start(self, utc):
        """The first moment (UTC) of the local month that utc is in."""
        year, month, _ = date(self.local(utc) // _DAY)
        return self._begin(days(year, month, 1))

    def next_month(self, utc):
        """The first moment (UTC) of the local month after it."""
        year, month, _ = date(self.local(utc) // _DAY)
        return self._begin(days(year + month // 12, month % 12 + 1, 1))

    def _begin(self, day):
        utc = self.utc(day * _DAY)
        if self.local(utc) != day * _DAY:
            return self._from  # midnight is left out: the day begins with the change of the offset
        return utc

    def _find(self, utc):
        record = self._record
        standard, summer = _seconds(record[1]), _seconds(record[2])
        begin, end = -_EVER, _EVER
        at = 3 if standard == summer else 11
        if record[0]:
            offset = _seconds(record[at])
            for i in range(at + 1, len(record), 4):
                end = 60 * (record[i] | record[i + 1] << 8 | record[i + 2] << 16)
                if utc < end:
                    break
                begin, end = end, _EVER
                offset = _seconds(record[i + 3])
        if end == _EVER:
            offset = standard
            if standard != summer:
                year = date((utc + standard) // _DAY)[0]
                changes = []
                for y in (year - 1, year, year + 1):
                    changes.append((self._change(y, 3) - standard, summer))
                    changes.append((self._change(y, 7) - summer, standard))
                changes.sort()
                for change, after in changes:
                    if utc < change:
                        end = change
                        break
                    begin = max(begin, change)
                    offset = after
        self._from, self._until, self._offset = begin, end, offset

    def _change(self, year, at):
        """Local time of a change by the zone's rule in a year. at: where in the record the change's date is."""
        record = self._record
        month = record[at]
        day = days(year, month, 1)
        # 2020-01-01 was a Wednesday.
        day += ((record[at + 1] & 15) - day - 3) % 7 + 7 * ((record[at + 1] >> 4) - 1)
        if day >= days(year + month // 12, month % 12 + 1, 1):
            day -= 7  # week 5 is the last one
        minutes = record[at + 2] | record[at + 3] << 8
        return day * _DAY + 60 * (minutes - (minutes >> 15 << 16))
