/** A run of plain text, or one that is a link. */
export interface Segment {
  text: string;
  href?: string;
}

const ADDRESS = /https?:\/\/[^\s<>"'`]+/gi;
const CLOSING: Record<string, string> = { ')': '(', ']': '[', '}': '{' };

/** Cuts text where web addresses stand in it. Only http and https become links: nothing that a page could run. */
export function segments(text: string): Segment[] {
  const found: Segment[] = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = withoutPunctuation(match[0]);
    const href = link(address);
    if (!href) continue;
    if (match.index > end) found.push({ text: text.slice(end, match.index) });
    found.push({ text: address, href });
    end = match.index + address.length;
  }
  if (end < text.length) found.push({ text: text.slice(end) });
  return found;
}

/** The full stop behind an address ends the sentence, and so does a bracket that was opened before it. */
function withoutPunctuation(address: string): string {
  for (;;) {
    const last = address.at(-1) ?? '';
    const open = CLOSING[last];
    const sentence = '.,;:!?*_~'.includes(last) || (open && count(address, last) > count(address, open));
    if (!last || !sentence) return address;
    address = address.slice(0, -1);
  }
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}

function link(address: string): string | undefined {
  try {
    const url = new URL(address);
    // An address with a name in front of the host is a way to look like another host.
    return url.host && !url.username && !url.password ? url.href : undefined;
  } catch {
    return undefined;
  }
}
