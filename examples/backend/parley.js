import { SignJWT } from 'jose';

const attempts = 5;
const timeoutMs = 10_000;

/**
 * A backend's way to Parley: tokens for its users, and the administrators'
 * routes. It holds the secret with which anybody's token can be signed: it
 * belongs into a backend, never into a page or a log.
 */
export class Parley {
  #url;
  #secret;
  #masterKey;
  #issuer;

  /**
   * @param {{url: string, secret: string, masterKey?: string, issuer: string}} settings
   *   secret is the server's PARLEY_JWT_SECRET. issuer is any name but
   *   "parley"; where the server has a PARLEY_JWT_ISSUER, that one.
   */
  constructor({ url, secret, masterKey, issuer }) {
    if (Buffer.byteLength(secret) < 32) throw new Error('PARLEY_JWT_SECRET needs at least 32 bytes');
    if (issuer === 'parley') throw new Error('the issuer "parley" is kept for the server\'s own tokens');
    this.#url = url;
    this.#secret = new TextEncoder().encode(secret);
    this.#masterKey = masterKey;
    this.#issuer = issuer;
  }

  /** A token with which the user, and nobody else, may connect. */
  token({ id, name, email }, lifetime = '1h') {
    return this.#sign({ sub: id, name, email, role: 'user' }, lifetime);
  }

  /** Makes the user, or gives them this name and email. */
  saveUser({ id, name, email }) {
    return this.#call('PUT', `/admin/chat/users/${encodeURIComponent(id)}`, { name, email });
  }

  /** Makes a room and returns its id. Its participants must be there. */
  async createRoom(name, participants) {
    const room = await this.#call('POST', '/admin/chat/rooms', { name, participants });
    return room._id;
  }

  /** Posts as the system. The same nonce is the same message, so that it may be called again. */
  say(room, message, nonce) {
    return this.#call('POST', `/admin/chat/rooms/${encodeURIComponent(room)}/messages`, { message, nonce });
  }

  #sign(claims, lifetime) {
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(this.#issuer)
      .setIssuedAt()
      .setExpirationTime(lifetime)
      .sign(this.#secret);
  }

  // #call tries again where the server asked to, and where nothing was done.
  async #call(method, path, body) {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#fetch(method, path, body);
      if (answer.ok) return answer.json();
      if (![429, 503].includes(answer.status) || attempt === attempts) {
        const { message } = await answer.json().catch(() => ({}));
        throw new Error(`${method} ${path}: ${answer.status} ${message ?? ''}`);
      }
      const seconds = Number(answer.headers.get('retry-after')) || attempt;
      await new Promise((done) => setTimeout(done, seconds * 1000));
    }
  }

  async #fetch(method, path, body) {
    const token = await this.#sign({ sub: `${this.#issuer}-backend`, role: 'admin' }, '1m');
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    if (this.#masterKey) headers.masterkey = this.#masterKey;
    return fetch(new URL(path, this.#url), {
      method,
      headers,
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
  }
}
