/** A path of the console's: never another site, whatever a link says. */
export function inside(path: string | undefined): string {
  return path && /^\/(?![/\\])/.test(path) && !path.startsWith('/sign-in') ? path : '/';
}
