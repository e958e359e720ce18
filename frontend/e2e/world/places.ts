import { fileURLToPath } from 'node:url';

/** The repository's top. */
export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The binary under test; `make build` puts it there. */
export const binary = process.env.PARLEY_BIN ?? `${root}bin/parley`;

/** Where pictures and traces are kept. */
export const artifacts = process.env.PARLEY_ARTIFACTS ?? `${root}artifacts/pages`;
