import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { Refusal } from '../refusal.ts';

export interface HttpServiceOptions {
  /** Fixed by the configuration. An address out of a certificate is never asked: it is whatever a stranger wrote. */
  readonly url: string;
  /** From the start of the request to the last octet, each attempt. */
  readonly timeoutMs: number;
  /** How often it is tried in all, when the service cannot be reached or says that it is in trouble. */
  readonly attempts: number;
  /** The pause before the second attempt; it doubles with each. */
  readonly pauseMs: number;
  /** The filter before pki.gov.kz sends requests without one elsewhere. */
  readonly userAgent: string;
}

export interface HttpQuestion {
  /** POST with this body, or GET. */
  readonly body?: { readonly type: string; readonly octets: Uint8Array };
  readonly mostBytes: number;
}

/**
 * One service over HTTP. Redirects are not followed. What does not come, or comes with another status than 200, is
 * refused as `service-silent`; what is larger than it may be as `too-large`.
 */
export class HttpService {
  readonly #options: HttpServiceOptions;

  constructor(options: HttpServiceOptions) {
    this.#options = options;
  }

  /** The whole answer. */
  async ask(question: HttpQuestion): Promise<Buffer> {
    return this.read(question, async (chunks) => {
      const all: Uint8Array[] = [];
      for await (const chunk of chunks) all.push(chunk);
      return Buffer.concat(all);
    });
  }

  /** Hands the answer to a reader as it comes. The reader starts anew with each attempt. */
  async read<Result>(
    question: HttpQuestion,
    reader: (chunks: AsyncIterable<Uint8Array>) => Promise<Result>,
  ): Promise<Result> {
    const { attempts, pauseMs } = this.#options;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(question, reader);
      } catch (error) {
        const canRepeat = error instanceof Trouble && attempt < attempts;
        if (!canRepeat) throw error instanceof Trouble ? error.asRefusal() : error;
        await pause(pauseMs * 2 ** (attempt - 1));
      }
    }
  }

  async #attempt<Result>(
    { body, mostBytes }: HttpQuestion,
    reader: (chunks: AsyncIterable<Uint8Array>) => Promise<Result>,
  ): Promise<Result> {
    const { url, timeoutMs, userAgent } = this.#options;
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await send(
      new URL(url),
      {
        method: body === undefined ? 'GET' : 'POST',
        signal,
        agent: false,
        headers: {
          'user-agent': userAgent,
          ...(body === undefined
            ? {}
            : { 'content-type': body.type, 'content-length': body.octets.length }),
        },
      },
      body?.octets,
    );
    try {
      const { statusCode = 0 } = response;
      if (statusCode >= 500 || statusCode === 429) throw new Trouble(`status ${statusCode}`);
      if (statusCode !== 200) throw new Refusal('service-silent', `status ${statusCode}`);
      return await reader(bounded(response, mostBytes));
    } finally {
      response.destroy();
    }
  }
}

/** The service may do better the next time. */
class Trouble extends Error {
  asRefusal(): Refusal {
    return new Refusal('service-silent', this.message, { cause: this });
  }
}

function send(
  url: URL,
  options: RequestOptions,
  octets: Uint8Array | undefined,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = start(url, options, resolve);
    request.on('error', (error: NodeJS.ErrnoException) => {
      reject(new Trouble(error.code ?? error.name, { cause: error }));
    });
    request.end(octets);
  });
}

async function* bounded(
  response: IncomingMessage,
  mostBytes: number,
): AsyncGenerator<Uint8Array, void, void> {
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > mostBytes) throw new Refusal('too-large', `more than ${mostBytes} octets`);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const { code, name } = error as NodeJS.ErrnoException;
    throw new Trouble(code ?? name, { cause: error });
  }
}
