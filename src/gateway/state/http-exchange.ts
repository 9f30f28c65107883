import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { limits } from './limits.ts';
import type { ServiceOptions } from './service-options.ts';

/** An attempt that brought nothing to read. */
export class FailedExchange extends Error {
  override readonly name = 'FailedExchange';
  readonly trouble: 'silent' | 'refused' | 'unreadable';

  constructor(
    trouble: 'silent' | 'refused' | 'unreadable',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.trouble = trouble;
  }
}

type ExchangeOptions = Pick<ServiceOptions<unknown>, 'url' | 'tls' | 'timeoutMs' | 'answerBytes'>;

/**
 * One POST and its answer over HTTP. A redirect is not followed: personal data goes where the configuration says and
 * nowhere else.
 */
export class HttpExchange {
  readonly #options: ExchangeOptions;
  readonly #agent: HttpAgent | HttpsAgent;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    const common = { keepAlive: true, maxSockets: limits.sockets };
    this.#agent = options.url.startsWith('https:')
      ? new HttpsAgent({ ...common, ...options.tls, minVersion: 'TLSv1.2' })
      : new HttpAgent(common);
  }

  /** The whole answer of status 200. Throws `FailedExchange`. */
  async post(body: Uint8Array, headers: Readonly<Record<string, string>>): Promise<Buffer> {
    const { timeoutMs } = this.#options;
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const response = await this.#send(body, headers, signal);
      try {
        checkStatus(response.statusCode ?? 0);
        return await this.#read(response);
      } finally {
        if (!response.complete) response.destroy();
      }
    } catch (error) {
      if (error instanceof FailedExchange) throw error;
      if (signal.aborted) {
        throw new FailedExchange('silent', `no answer within ${timeoutMs} ms`, { cause: error });
      }
      const { code, name } = error as NodeJS.ErrnoException;
      throw new FailedExchange('silent', code ?? name, { cause: error });
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(
    body: Uint8Array,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const { url } = this.#options;
    const start = url.startsWith('https:') ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const all = { ...headers, 'content-length': String(body.length) };
      start(url, { method: 'POST', agent: this.#agent, signal, headers: all }, resolve)
        .on('error', reject)
        .end(body);
    });
  }

  async #read(response: IncomingMessage): Promise<Buffer> {
    const { answerBytes } = this.#options;
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > answerBytes) {
        throw new FailedExchange('unreadable', `more than ${answerBytes} octets`);
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }
}

function checkStatus(status: number): void {
  if (status === 200) return;
  const passes = status >= 500 || status === 429 || status === 408;
  throw new FailedExchange(passes ? 'silent' : 'refused', `status ${status}`);
}
