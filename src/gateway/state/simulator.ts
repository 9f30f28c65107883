import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import type { Clock } from '../../core/clock.ts';
import { readAnswer } from './read-answer.ts';
import type { StateFormat } from './service-options.ts';
import type { SimulatedEntity, SimulatedEvent, SimulatedPerson } from './simulated-data.ts';
import { writeXml } from './write-xml.ts';
import { WrongAnswer } from './wrong-answer.ts';

/** How the simulated databases behave. */
export type StateBehaviour =
  /** As they should. */
  | 'right'
  /** Nothing comes. */
  | 'slow'
  | 'down'
  /** Down once, then right. */
  | 'down-once'
  /** A page for people that says that work is going on, with status 200. */
  | 'page-instead'
  | 'forbidden'
  | 'redirect'
  /** The connection ends in the middle of the answer. */
  | 'cut-off'
  /** About somebody else than was asked for. */
  | 'somebody-else'
  /** Says states that nobody told us of. */
  | 'unknown-words'
  /** Larger than any limit. */
  | 'huge';

export interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface SimulatorOptions {
  readonly clock: Clock;
  /** Is told of each request before it is answered. */
  readonly onRequest?: (request: SeenRequest) => void;
  /** With it over TLS. */
  readonly tls?: Pick<ServerOptions, 'cert' | 'key' | 'ca' | 'requestCert' | 'rejectUnauthorized'>;
}

const mostRequestBytes = 256 * 1024;
const namespaces =
  'xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:d="urn:zhashik:state-simulator"';

/**
 * The state databases for development and tests: `POST /json/persons`, `/json/entities`, `/json/events`, and the same
 * below `/xml` with a SOAP envelope. `simulatedServices` has the settings that go with it. What is changed here while it
 * runs is answered from then on, and is told in the feed.
 */
export class StateSimulator {
  behaviour: StateBehaviour = 'right';
  readonly #options: SimulatorOptions;
  readonly #server: Server;
  readonly #persons = new Map<string, SimulatedPerson>();
  readonly #entities = new Map<string, SimulatedEntity>();
  readonly #events: SimulatedEvent[] = [];

  constructor(options: SimulatorOptions) {
    this.#options = options;
    const serve = (request: IncomingMessage, response: ServerResponse): void => {
      this.#serve(request, response).catch(() => response.destroy());
    };
    this.#server =
      options.tls === undefined ? createServer(serve) : createHttpsServer(options.tls, serve);
  }

  /** Listens on the loopback address; port 0 takes a free one. Resolves with the address. */
  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    const scheme = this.#options.tls === undefined ? 'http' : 'https';
    return `${scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  addPerson(person: SimulatedPerson): void {
    this.#persons.set(person.iin, person);
  }

  addEntity(entity: SimulatedEntity): void {
    this.#entities.set(entity.bin, entity);
  }

  setLifeStatus(iin: string, lifeStatus: 'ALIVE' | 'DEAD'): void {
    this.#change(this.#persons, iin, { lifeStatus });
    this.tell({ type: lifeStatus === 'DEAD' ? 'DEATH' : 'DEATH_CANCELLED', iin });
  }

  setName(iin: string, surname: string, name: string, patronymic?: string): void {
    const words = { surname, name, ...(patronymic !== undefined && { patronymic }) };
    this.#change(this.#persons, iin, words);
    this.tell({ type: 'NAME', iin, ...words });
  }

  setStatus(bin: string, status: 'IN_LIQUIDATION' | 'LIQUIDATED'): void {
    this.#change(this.#entities, bin, { status });
    this.tell({ type: status, bin });
  }

  setHead(bin: string, headIin: string): void {
    this.#change(this.#entities, bin, { headIin });
    this.tell({ type: 'HEAD', bin, headIin });
  }

  /** An event in the feed, of whatever type. */
  tell(event: Omit<SimulatedEvent, 'id' | 'time'>): void {
    const time = new Date(this.#options.clock.now()).toISOString();
    this.#events.push({ id: `e${this.#events.length + 1}`, time, ...event });
  }

  #change<Value>(all: Map<string, Value>, key: string, change: Partial<Value>): void {
    const value = all.get(key);
    if (value === undefined) throw new RangeError('the simulator has no such person or entity');
    all.set(key, { ...value, ...change });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const path = request.url ?? '';
    if (body === undefined) {
      response.writeHead(413).end();
      return;
    }
    this.#options.onRequest?.({ path, headers: request.headers, body });
    const { behaviour } = this;
    if (behaviour === 'down-once') this.behaviour = 'right';
    switch (behaviour) {
      case 'slow':
        return;
      case 'down':
      case 'down-once':
        response.writeHead(503).end();
        return;
      case 'forbidden':
        response.writeHead(403).end();
        return;
      case 'redirect':
        response.writeHead(307, { location: '/json/elsewhere' }).end();
        return;
      case 'page-instead':
        response.end('<!DOCTYPE html><html><body>Технические работы</body></html>');
        return;
      case 'huge':
        pipeline(Readable.from(spaces()), response, () => undefined);
        return;
      case 'right':
      case 'cut-off':
      case 'somebody-else':
      case 'unknown-words':
        break;
    }
    const [, format, service] = /^\/(json|xml)\/(persons|entities|events)$/.exec(path) ?? [];
    if (request.method !== 'POST' || format === undefined || service === undefined) {
      response.writeHead(404).end();
      return;
    }
    this.#answer(response, format as StateFormat, service, body);
  }

  #answer(response: ServerResponse, format: StateFormat, service: string, body: Buffer): void {
    let answer: Buffer;
    try {
      answer = this.#look(format, service, body);
    } catch (error) {
      if (!(error instanceof WrongAnswer)) throw error;
      response.writeHead(400).end();
      return;
    }
    const type = format === 'json' ? 'application/json' : 'text/xml; charset=utf-8';
    response.writeHead(200, { 'content-type': type, 'content-length': answer.length });
    if (this.behaviour === 'cut-off') {
      response.write(answer.subarray(0, answer.length / 2), () => response.destroy());
    } else response.end(answer);
  }

  #look(format: StateFormat, service: string, body: Buffer): Buffer {
    const request = readAnswer(body, format);
    const at = (name: string): string | undefined =>
      request.text(format === 'json' ? `/${name}` : `/Envelope/Body/request/${name}`);
    const requestId = at('requestId');
    const found =
      service === 'events'
        ? { events: this.#eventsAfter(at('after'), Number(at('limit') ?? '1')) }
        : service === 'persons'
          ? { person: this.#person(at('iin')) }
          : { entity: this.#entity(at('bin')) };
    const code = Object.values(found)[0] === undefined ? 'NOT_FOUND' : 'FOUND';
    return write(format, { requestId, code, ...found });
  }

  #person(iin: string | undefined): object | undefined {
    const person = this.#persons.get(iin ?? '');
    if (person === undefined) return undefined;
    return {
      ...person,
      ...(this.behaviour === 'somebody-else' && { iin: '991231499118' }),
      lifeStatus: { code: this.#word(person.lifeStatus ?? 'ALIVE') },
    };
  }

  #entity(bin: string | undefined): object | undefined {
    const entity = this.#entities.get(bin ?? '');
    if (entity === undefined) return undefined;
    return {
      ...entity,
      ...(this.behaviour === 'somebody-else' && { bin: '991240990115' }),
      status: { code: this.#word(entity.status ?? 'ACTIVE') },
    };
  }

  #eventsAfter(after: string | undefined, limit: number): readonly object[] {
    const begin = after === undefined ? 0 : this.#events.findIndex(({ id }) => id === after) + 1;
    return this.#events
      .slice(begin, begin + limit)
      .map((event) => ({ ...event, type: this.#word(event.type) }));
  }

  #word(right: string): string {
    return this.behaviour === 'unknown-words' ? 'NEW_WORD' : right;
  }
}

/** Without an end: whoever reads it has to stop. */
function* spaces(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(64 * 1024, ' ');
}

function write(format: StateFormat, answer: object): Buffer {
  if (format === 'json') return Buffer.from(JSON.stringify(answer));
  const body = writeXml('response', answer);
  return Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<s:Envelope ${namespaces}><s:Body>${body}</s:Body></s:Envelope>`,
  );
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostRequestBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
