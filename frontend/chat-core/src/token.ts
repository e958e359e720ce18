import type { TokenSource } from './types.js';

/** What a client reads of its token; the server alone judges it. */
export interface Claims {
  sub?: string;
  email?: string;
  exp?: number;
}

/** The claims of a JWT, none of what is none. */
export function claims(token: string): Claims {
  try {
    const bytes = atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/'));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(bytes, (c) => c.charCodeAt(0)))) as Claims;
  } catch {
    return {};
  }
}

/** The token in use. It is kept until it runs out or is refused. */
export class Tokens {
  current = '';
  private asking: Promise<string> | undefined;

  constructor(private source: TokenSource) {
    this.replace(source);
  }

  replace(source: TokenSource): void {
    this.source = source;
    this.asking = undefined;
    this.current = typeof source === 'string' ? source : '';
  }

  /** Whether another token can be had. */
  get renewable(): boolean {
    return typeof this.source !== 'string';
  }

  get(fresh = false): Promise<string> {
    const { source } = this;
    const { exp = Infinity } = claims(this.current);
    if (typeof source === 'string' || (this.current && !fresh && exp * 1000 > Date.now())) {
      return Promise.resolve(this.current);
    }
    // Whoever asks at the same time gets the same answer.
    const asking = (this.asking ??= Promise.resolve()
      .then(source)
      .then((token) => (source === this.source ? (this.current = token) : token))
      .finally(() => {
        if (this.asking === asking) this.asking = undefined;
      }));
    return asking;
  }
}
