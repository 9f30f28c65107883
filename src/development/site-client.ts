import { request } from 'node:https';

/** An answer of the site that says that something is not right. */
export class SiteError extends Error {
  /** Of the catalogue: `ALREADY_HAS_MAILBOX`. */
  readonly code: string;

  constructor(status: number, code: string) {
    super(`${status} ${code}`);
    this.code = code;
  }
}

export interface SiteClientOptions {
  /** `https://localhost:2443` */
  readonly origin: string;
  /** PEM: the authority of its certificate. */
  readonly authority: string;
}

/** A browser without pages: keeps cookies, shows the token of its session. */
export class SiteClient {
  readonly #options: SiteClientOptions;
  readonly #cookies = new Map<string, string>();
  #csrf: string | undefined;

  constructor(options: SiteClientOptions) {
    this.#options = options;
  }

  /** The JSON of the answer. Rejects with `SiteError`. */
  async call(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    const { status, octets } = await this.#send(method, path, body);
    const answer = JSON.parse(octets.toString()) as Record<string, unknown>;
    if (status >= 400) {
      const { code } = answer;
      throw new SiteError(status, typeof code === 'string' ? code : '');
    }
    if (typeof answer['csrf'] === 'string') this.#csrf = answer['csrf'];
    return answer;
  }

  /** The octets of the answer. Rejects with `SiteError`. */
  async download(path: string): Promise<Buffer> {
    const { status, octets } = await this.#send('GET', path);
    if (status >= 400) throw new SiteError(status, '');
    return octets;
  }

  #send(
    method: string,
    path: string,
    body?: object,
  ): Promise<{ readonly status: number; readonly octets: Buffer }> {
    const { origin, authority } = this.#options;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const cookies = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = {
      ...(text !== undefined && { 'content-type': 'application/json' }),
      ...(cookies !== '' && { cookie: cookies }),
      ...(this.#csrf !== undefined && { 'x-csrf-token': this.#csrf }),
    };
    return new Promise((resolve, reject) => {
      const sent = request(`${origin}${path}`, { method, headers, ca: authority }, (answer) => {
        for (const cookie of answer.headers['set-cookie'] ?? []) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
          this.#cookies.set(name, value);
        }
        const pieces: Buffer[] = [];
        answer.on('data', (piece: Buffer) => pieces.push(piece));
        answer.on('error', reject);
        answer.on('end', () => {
          resolve({ status: answer.statusCode ?? 0, octets: Buffer.concat(pieces) });
        });
      });
      sent.on('error', reject);
      sent.end(text);
    });
  }
}
