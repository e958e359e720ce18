/**
 * Enter sends, with Shift it makes a new line, and at the end of a word of an input method it does neither: 229 is what
 * some browsers tell that end a composition before they tell the key.
 */
export function onEnter(event: KeyboardEvent, send: () => void): void {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  send();
}
