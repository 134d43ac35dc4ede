import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { StudioError } from '../errors.js';

/** What the page may load and do: its own files and answers. */
const contentPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const headers = {
  'Content-Security-Policy': contentPolicy,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

/** Lets in who knows the token, from this machine's own names, and no other page. */
export class Guard {
  readonly token = randomBytes(24).toString('base64url');
  #port = 0;

  /** Told of the port, without which no request is let in. */
  listensOn(port: number): void {
    this.#port = port;
  }

  /** Adds its headers to all answers, and its checks before all routes. */
  addTo(app: FastifyInstance): void {
    app.addHook('onRequest', async (request, reply) => {
      void reply.headers(headers);
      this.#assertOwnPage(request);
      if (this.#isFirstVisit(request)) return this.#welcome(reply);
      if (!this.#knowsToken(request))
        throw new StudioError(
          'forbidden',
          'open the address that recsys studio has printed: it has the token of this session',
        );
    });
  }

  /** @throws {StudioError} `forbidden` on another name of this machine, which a foreign site may have given it, and on another page. */
  #assertOwnPage({ headers: { host = '', origin, 'sec-fetch-site': site }, url }: FastifyRequest): void {
    if (!this.#names().includes(host))
      throw new StudioError('forbidden', `the studio answers to ${this.#names().join(' and ')} alone`);
    const isOther = origin !== undefined && origin !== `http://${host}`;
    const isOtherSite = site !== undefined && site !== 'same-origin' && (site !== 'none' || url.startsWith('/api/'));
    // A link on another page may lead here, but gets no cookie; what it leads to is the page alone.
    if (isOther || (isOtherSite && !isPage(url)))
      throw new StudioError('forbidden', 'the studio answers to its own page alone');
  }

  #names(): string[] {
    return ['127.0.0.1', 'localhost'].map((name) => `${name}:${this.#port}`);
  }

  /** Cookies do not know ports: each studio of a machine has its own. */
  get #cookie(): string {
    return `recsys-studio-${this.#port}`;
  }

  #isFirstVisit({ method, url }: FastifyRequest): boolean {
    const { pathname, searchParams } = new URL(url, 'http://studio');
    return method === 'GET' && pathname === '/' && this.#isToken(searchParams.get('token') ?? '');
  }

  /** Keeps the token in a cookie, and takes it out of the address. */
  async #welcome(reply: FastifyReply): Promise<void> {
    const cookie = `${this.#cookie}=${this.token}; Path=/; HttpOnly; SameSite=Strict`;
    await reply.code(303).header('Set-Cookie', cookie).header('Location', '/').send();
  }

  #knowsToken({ headers: { cookie = '', authorization = '' } }: FastifyRequest): boolean {
    const [, bearer = ''] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
    const kept = cookie
      .split(';')
      .map((pair) => pair.trim())
      .find((pair) => pair.startsWith(`${this.#cookie}=`));
    return this.#isToken(bearer) || this.#isToken(kept?.slice(this.#cookie.length + 1) ?? '');
  }

  #isToken(text: string): boolean {
    return timingSafeEqual(digest(text), digest(this.token));
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const isPage = (url: string): boolean => url === '/' || url.startsWith('/?');
