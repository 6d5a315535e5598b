import { isDate } from './entry.js';

// A period includes the first and the last day.

/** Parses a period: a year "2026", a month "2026-03", or a span of days "2026-03-01..2026-03-15". */
export function parsePeriod(text) {
  if (/^\d{4}$/.test(text)) return { first: `${text}-01-01`, last: `${text}-12-31` };
  const month = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(text);
  if (month !== null) {
    const days = new Date(Date.UTC(Number(month[1]), Number(month[2]), 0)).getUTCDate();
    return { first: `${text}-01`, last: `${text}-${days}` };
  }
  const [first = '', last = '', ...more] = text.split('..');
  if (more.length > 0 || !isDate(first) || !isDate(last) || first > last) {
    throw new Error(`not a period: ${text}`);
  }
  return { first, last };
}

/** Returns whether a date lies in a period. */
export function isInPeriod(date, { first, last }) {
  return first <= date && date <= last;
}

/** Returns the month of a date: "2026-03" for "2026-03-02". */
export function monthOf(date) {
  return date.slice(0, 'yyyy-mm'.length);
}
