import { type Drawing, drawing, Lazy } from '../lazy';
import type { Stage } from '../view/host';
import type { Rare } from './rare';

const part = new Lazy<{ Rare: new (drawing: Drawing) => Rare }, Rare>('rare', ({ Rare }) => new Rare(drawing));

export const loadRare = (): Promise<Rare> => part.load();

/** What draws the rare things; undefined until it is there, and the host is shown again then. */
export function rare(host: Stage): Rare | undefined {
  const drawn = part.get(() => host.requestUpdate());
  if (drawn) host.wear(drawn.styles);
  return drawn;
}
