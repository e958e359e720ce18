import { html, type TemplateResult } from 'lit/html.js';

/** Icons are drawn with strokes in a square of 24, and say nothing: the button around them has a label. */
export const icon = (path: string, name = ''): TemplateResult =>
  html`<svg class="icon ${name}" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=${path} /></svg>`;

export const chatIcon = icon(
  'M21 11.5a8.4 8.4 0 0 1-12.2 7.5L3.5 20.5 5 15.3A8.4 8.4 0 1 1 21 11.5Z M8.5 11.5h.01M12.5 11.5h.01M16.5 11.5h.01',
);
export const downIcon = icon('m6 9.5 6 6 6-6');
export const closeIcon = icon('m6.5 6.5 11 11m0-11-11 11');
export const clearIcon = icon(
  'M4.5 7h15M10 11v5.5m4-5.5v5.5M6.5 7l.8 11.2A2 2 0 0 0 9.3 20h5.4a2 2 0 0 0 2-1.8L17.5 7M9 7V5.5A1.5 1.5 0 0 1 10.5 4h3A1.5 1.5 0 0 1 15 5.5V7',
);
export const sendIcon = icon('M12 19.5V5m0 0-6 6m6-6 6 6');
export const attachIcon = icon(
  'm20 11.5-7.8 7.8a5 5 0 0 1-7.1-7.1l8-8a3.3 3.3 0 0 1 4.7 4.7l-7.9 7.9a1.7 1.7 0 0 1-2.4-2.4l7.3-7.2',
);
export const personIcon = icon('M12 12.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.5c.7-3.2 3.7-5 7.5-5s6.8 1.8 7.5 5');
export const sparkIcon = icon(
  'M11 3.5c.8 5 2.5 6.7 7.5 7.5-5 .8-6.7 2.5-7.5 7.5-.8-5-2.5-6.7-7.5-7.5 5-.8 6.7-2.5 7.5-7.5ZM18.5 16c.3 1.7.8 2.2 2.5 2.5-1.7.3-2.2.8-2.5 2.5-.3-1.7-.8-2.2-2.5-2.5 1.7-.3 2.2-.8 2.5-2.5Z',
  'solid',
);
export const stopIcon = icon('M8 7h8a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1Z', 'solid');
export const alertIcon = icon('M12 8v4.5m0 3.5h.01M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z');
