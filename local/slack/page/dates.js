// Moments as Slack writes them.

const format = (options) => new Intl.DateTimeFormat("en-GB", options);
const TIME = format({ hour: "2-digit", minute: "2-digit" });
const TIME_SECS = format({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
const SHORT = format({ day: "numeric", month: "short", year: "numeric" });
const SHORT_DAY = format({ day: "numeric", month: "short" });
const FULL = format({ day: "numeric", month: "long", year: "numeric" });
const LONG = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
const DIVIDER = format({ weekday: "long", day: "numeric", month: "long" });

export const moment = (ts) => new Date(Number(ts) * 1000);
export const clock = (ts) => TIME.format(moment(ts));
export const precisely = (ts) => `${LONG.format(moment(ts))} at ${TIME_SECS.format(moment(ts))}`;

const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());
export const dayOf = (ts) => midnight(moment(ts)).getTime();
const daysAgo = (date) => Math.round((midnight(new Date()) - midnight(date)) / 86_400_000);

function pretty(date, otherwise) {
  return { 0: "today", 1: "yesterday", [-1]: "tomorrow" }[daysAgo(date)] ?? otherwise.format(date);
}

export function dayName(ts) {
  const date = moment(ts);
  const name = pretty(date, date.getFullYear() === new Date().getFullYear() ? DIVIDER : LONG);
  return name[0].toUpperCase() + name.slice(1);
}

/** `today at 14:02`, `3 May at 09:10`. */
export const when = (ts) => `${pretty(moment(ts), SHORT_DAY)} at ${clock(ts)}`;

export function ago(ts) {
  const seconds = Math.max(0, Date.now() / 1000 - Number(ts));
  if (seconds < 60) return "just now";
  const [size, unit] = seconds < 3600 ? [60, "minute"] : seconds < 86_400 ? [3600, "hour"] : [86_400, "day"];
  const count = Math.floor(seconds / size);
  return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
}

/** Fill Slack's date tokens, such as `{date_short_pretty} {time}`; `leads`: it begins a line. */
export function filled(template, ts, leads = true) {
  const date = moment(ts);
  const tokens = {
    date_num: () => [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((n) => String(n).padStart(2, "0")).join("-"),
    date: () => FULL.format(date),
    date_short: () => SHORT.format(date),
    date_long: () => LONG.format(date),
    date_pretty: () => pretty(date, FULL),
    date_short_pretty: () => pretty(date, SHORT),
    date_long_pretty: () => pretty(date, LONG),
    day_divider_pretty: () => pretty(date, DIVIDER),
    time: () => TIME.format(date),
    time_secs: () => TIME_SECS.format(date),
    ago: () => ago(ts),
  };
  let text = template.replace(/\{(\w+)\}/g, (whole, name) => tokens[name]?.() ?? whole);
  if (leads && /^\{\w*pretty\}/.test(template)) text = text[0].toUpperCase() + text.slice(1);
  return text;
}
