// The times that the views of the history show.
import { clock, midnight, when } from "./words.js";

const WEEKLY = "/history/weekly";

// path    of the API
// length  of a sample, s; without it a sample is a day or a month
// days    of the local calendar, of a view that has whole days
// title   how the start of a sample is written
// span    how the start and the end of the whole time are written
// digits  decimals of a sample's energy
export const VIEWS = {
  hour: { path: "/history/hourly", length: 10, title: "second", span: "time", digits: 3 },
  day: { path: WEEKLY, length: 900, days: 1, title: "time", span: "day", digits: 3 },
  week: { path: WEEKLY, length: 900, days: 7, title: "slot", span: "date", digits: 3 },
  month: { path: "/history/monthly", days: 31, title: "day", span: "date", digits: 1 },
  year: { path: "/history/yearly", title: "year", span: "year", digits: 0 },
};

// The midnight that begins the month after the one of a time.
function nextMonth(at) {
  const month = clock(at)[1];
  let end = midnight(at, 1);
  while (clock(end)[1] === month) end = midnight(end, 1);
  return end;
}

// The time that a view shows, [from, to), unix s. It ends with the newest sample, or `back` such times before it.
export function range(view, back, newest) {
  const { days } = VIEWS[view];
  if (view === "hour") {
    const to = newest - (newest % 10) + 10 - back * 3600;
    return [to - 3600, to];
  }
  if (days) {
    const to = midnight(newest, 1 - back * days);
    return [midnight(to, -days), to];
  }
  // The month that is going on, and the twelve whole months before it.
  const to = nextMonth(midnight(newest, -365 * back));
  let from = to;
  for (let n = 0; n < 13; n += 1) {
    from = midnight(from - 1);
    from = midnight(from, 1 - clock(from)[2]);
  }
  return [from, to];
}

// The end of the sample that begins at `start`, unix s.
export function ends(view, start) {
  const { length } = VIEWS[view];
  return length ? start + length : view === "month" ? midnight(start, 1) : nextMonth(start);
}

// A view's time in words.
export function spanned(view, from, to) {
  const { span } = VIEWS[view];
  return view === "day" ? when(span, from) : `${when(span, from)} – ${when(span, to - (view === "hour" ? 0 : 1))}`;
}
