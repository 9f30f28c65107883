import { type RequestOptions, request } from 'node:https';
import type { AnswerChecker } from './answer-checker.ts';

export interface WebAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
  readonly text: string;
  /** Of a JSON answer. */
  readonly json: Readonly<Record<string, unknown>>;
  /** Of a problem. */
  readonly code: unknown;
}

export interface WebRequest {
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A browser as far as the API sees one: cookies, the token of the page, an origin. Each answer is held to the description. */
export class WebClient {
  readonly cookies = new Map<string, string>();
  csrf: string | undefined;
  /** What `Origin` says; undefined: nothing, as programs do. */
  origin: string | undefined;
  readonly #options: RequestOptions;
  readonly #checker: () => AnswerChecker | undefined;

  constructor(options: RequestOptions, checker: () => AnswerChecker | undefined, origin?: string) {
    this.#options = options;
    this.#checker = checker;
    this.origin = origin;
  }

  get(path: string, more: WebRequest = {}): Promise<WebAnswer> {
    return this.send('GET', path, more);
  }
  post(path: string, json?: unknown, more: WebRequest = {}): Promise<WebAnswer> {
    return this.send('POST', path, { ...more, ...(json !== undefined && { json }) });
  }
  put(path: string, json?: unknown, more: WebRequest = {}): Promise<WebAnswer> {
    return this.send('PUT', path, { ...more, ...(json !== undefined && { json }) });
  }
  delete(path: string, more: WebRequest = {}): Promise<WebAnswer> {
    return this.send('DELETE', path, more);
  }

  async send(method: string, path: string, more: WebRequest = {}): Promise<WebAnswer> {
    const body = more.json === undefined ? more.body : JSON.stringify(more.json);
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers: Record<string, string> = {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(cookie !== '' && { cookie }),
      ...(this.csrf !== undefined && { 'x-csrf-token': this.csrf }),
      ...(this.origin !== undefined && { origin: this.origin }),
      ...more.headers,
    };
    const answer = await this.#exchange(method, path, headers, body);
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) this.#keep(line);
    const type = String(answer.headers['content-type'] ?? '');
    const wrong = this.#checker()?.wrong(method, path, { ...answer, type });
    if (wrong !== undefined) throw new Error(`${method} ${path}: ${wrong}\n${answer.text}`);
    return answer;
  }

  #keep(line: string): void {
    const [pair = ''] = line.split(';');
    const at = pair.indexOf('=');
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
    if (value === '') this.cookies.delete(name);
    else this.cookies.set(name, value);
  }

  #exchange(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body: string | undefined,
  ): Promise<WebAnswer> {
    return new Promise((resolve, reject) => {
      const outgoing = request({ ...this.#options, method, path, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          resolve(answerOf(response.statusCode ?? 0, response.headers, Buffer.concat(chunks)));
        });
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }
}

function answerOf(status: number, headers: WebAnswer['headers'], body: Buffer): WebAnswer {
  const isJson = String(headers['content-type'] ?? '').includes('json');
  const json = (isJson ? JSON.parse(body.toString()) : {}) as WebAnswer['json'];
  return { status, headers, body, text: body.toString(), json, code: json['code'] };
}
