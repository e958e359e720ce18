/** Times, sizes and names in words, for the eye. */

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const dayOfYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const longDay = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });

/** The time of today, the day of what is older. */
export function short(at: Date | string, now = new Date()): string {
  const date = new Date(at);
  if (date.toDateString() === now.toDateString()) {
    return clock.format(date);
  }
  return (date.getFullYear() === now.getFullYear() ? day : dayOfYear).format(date);
}

export function time(at: Date | string): string {
  return clock.format(new Date(at));
}

export function full(at: Date | string): string {
  return whole.format(new Date(at));
}

export function dayName(at: Date, now = new Date()): string {
  const yesterday = new Date(now);
  yesterday.setDate(now.getDate() - 1);
  switch (at.toDateString()) {
    case now.toDateString():
      return 'Today';
    case yesterday.toDateString():
      return 'Yesterday';
    default:
      return longDay.format(at);
  }
}

/** How long, in its two largest units at most: `45 s`, `12 min`, `3 h 5 min`, `2 d 4 h`. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  const m = Math.floor(s / 60);
  const h = Math.floor(m / 60);
  if (m < 1) {
    return `${s} s`;
  }
  if (h < 1) {
    return `${m} min`;
  }
  if (h < 24) {
    return m % 60 ? `${h} h ${m % 60} min` : `${h} h`;
  }
  return h % 24 ? `${Math.floor(h / 24)} d ${h % 24} h` : `${Math.floor(h / 24)} d`;
}

export function bytes(n: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let unit = 0;
  while (n >= 1024 && unit < units.length - 1) {
    n /= 1024;
    unit++;
  }
  return `${unit && n < 100 ? n.toFixed(1) : Math.round(n)} ${units[unit]}`;
}

/** An id as a name: a long one by its beginning. */
export function brief(id: string): string {
  return id.length > 24 ? id.slice(0, 8) + '…' : id;
}

/** Up to two letters that stand for a name. */
export function initials(name: string): string {
  const words = name
    .trim()
    .split(/[\s._-]+/u)
    .filter(Boolean);
  const letters = (words.length > 1 ? [words[0], words[words.length - 1]] : words).map(
    (word) => [...(word ?? '')][0] ?? '',
  );
  return letters.join('').toUpperCase() || '?';
}

/** A number from 0 to `of` - 1 that is always the same for a name. */
export function tone(name: string, of: number): number {
  let sum = 0;
  for (const letter of name) {
    sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) >>> 0;
  }
  return sum % of;
}
