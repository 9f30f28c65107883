import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../core/clock.ts';
import { digestByOid } from '../algorithms/digests.ts';
import { issueOcsp, ocspRefusal } from '../authority/issue-ocsp.ts';
import { timestampRefusal, timestampResponse } from '../authority/issue-timestamp.ts';
import type { Member, TestAuthority } from '../authority/test-authority.ts';
import { limits } from '../limits.ts';
import { Refusal } from '../refusal.ts';
import { readOcspRequest } from '../revocation/ocsp-request.ts';
import { readTimestampRequest } from '../timestamp/timestamp-request.ts';

/** How the simulated services behave. */
export type Behaviour =
  /** As they should. */
  | 'right'
  /** The answer is of an hour ago. */
  | 'stale'
  /** The certificate is not known; the stamp is refused. */
  | 'unknown'
  /** Signed by somebody else. */
  | 'wrong-responder'
  | 'wrong-nonce'
  /** Larger than any limit. */
  | 'huge'
  /** Nothing comes. */
  | 'slow'
  | 'status-500'
  /** 500 once, then right. */
  | 'status-500-once'
  | 'redirect'
  | 'html'
  /** The connection ends in the middle. */
  | 'cut-off';

const hour = 3_600_000;
const mostRequestBytes = 64 * 1024;

/**
 * OCSP responder, CRL site and timestamp authority of a test authority, in one HTTP server that speaks the real
 * formats: `POST /ocsp`, `GET /crl`, `POST /tsp`. For development and tests.
 */
export class EdsServices {
  behaviour: Behaviour = 'right';
  /** User-Agent of every request. */
  readonly userAgents: (string | undefined)[] = [];
  readonly #authority: TestAuthority;
  readonly #stranger: Member;
  readonly #clock: Clock;
  readonly #server: Server;

  /** `stranger` signs when the responder is to be the wrong one. */
  constructor(authority: TestAuthority, stranger: Member, clock: Clock) {
    this.#authority = authority;
    this.#stranger = stranger;
    this.#clock = clock;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  /** Listens on the loopback address; port 0 takes a free one. Resolves with the address. */
  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get requests(): number {
    return this.userAgents.length;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.userAgents.push(request.headers['user-agent']);
    try {
      const body = await readBody(request);
      const { behaviour } = this;
      if (behaviour === 'slow') return;
      if (behaviour === 'status-500-once') this.behaviour = 'right';
      if (behaviour.startsWith('status-500')) response.writeHead(500).end();
      else if (behaviour === 'redirect') response.writeHead(303, { location: '/crl' }).end();
      else if (behaviour === 'html') response.end('<html>503</html>');
      else if (behaviour === 'huge') response.end(Buffer.alloc(limits.ocspBytes * 4, 0x30));
      else {
        const answer = await this.#answer(request.url ?? '', body);
        if (behaviour === 'cut-off') {
          response.writeHead(200, { 'content-length': answer.length });
          response.write(answer.subarray(0, 10), () => response.destroy());
        } else response.end(answer);
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      response.writeHead(400).end();
    }
  }

  #answer(path: string, body: Buffer): Promise<Uint8Array> {
    if (path === '/ocsp') return this.#ocsp(body);
    if (path === '/tsp') return this.#tsp(body);
    if (path === '/crl') return this.#authority.crl(this.#clock.now() - this.#age);
    throw new Refusal('parse', path);
  }

  get #age(): number {
    return this.behaviour === 'stale' ? 48 * hour : 0;
  }

  async #ocsp(body: Buffer): Promise<Uint8Array> {
    const { certIds, serials, nonce } = readOcspRequest(body);
    const [certId] = certIds;
    const [serial] = serials;
    if (certId === undefined || serial === undefined) return ocspRefusal(1);
    const producedAt = this.#clock.now() - this.#age;
    const known = this.#authority.statusOf(Buffer.from(serial).toString('hex'));
    return issueOcsp({
      responder: this.behaviour === 'wrong-responder' ? this.#stranger : this.#authority.responder,
      producedAt,
      // An old answer has no nonce of today: responders that sign in advance leave it out.
      nonce: this.behaviour === 'stale' ? undefined : this.#nonce(nonce),
      responses: [
        {
          certId,
          status: this.behaviour === 'unknown' ? 'unknown' : known,
          thisUpdate: producedAt,
        },
      ],
    });
  }

  async #tsp(body: Buffer): Promise<Uint8Array> {
    const request = readTimestampRequest(body);
    const digest = digestByOid(request.imprintAlgorithm);
    // PKIFailureInfo 0 badAlg, 15 unacceptedPolicy.
    if (digest === undefined) return timestampRefusal(0);
    const isOther = request.policy !== undefined && request.policy !== this.#authority.policy;
    if (isOther || this.behaviour === 'unknown') return timestampRefusal(15);
    const token = await this.#authority.timestampOf(
      digest,
      request.imprint,
      this.#clock.now() - this.#age,
      {
        nonce: this.#nonce(request.nonce),
        ...(this.behaviour === 'wrong-responder' ? { authority: this.#stranger } : {}),
      },
    );
    return timestampResponse(token);
  }

  #nonce(nonce: Uint8Array | undefined): Uint8Array | undefined {
    if (this.behaviour !== 'wrong-nonce' || nonce === undefined) return nonce;
    const other = Buffer.from(nonce);
    other.writeUInt8(other.readUInt8(nonce.length - 1) ^ 1, nonce.length - 1);
    return other;
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostRequestBytes) throw new Refusal('too-large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
