import type { ScramKeys } from '../../store/api.ts';
import type { LoginResult, SaslExchange, SaslStep } from '../api.ts';
import { type ClientFirst, checkProof, parseClientFinal, parseClientFirst } from '../scram.ts';
import { decodeUtf8 } from './utf8.ts';

export interface ScramSide {
  /** The verifier of the login, or a decoy that nothing matches. */
  keysFor(authorization: string, login: string): Promise<ScramKeys>;
  /** Told whether the proof was right; says who that is. */
  finish(right: boolean): Promise<LoginResult>;
  /** Our part of the nonce: `printable`, RFC 5802 §7. */
  nonce(): string;
}

/** The server's half of SCRAM-SHA-256 without channel binding. RFC 5802 §5, RFC 7677. */
export function scramExchange(side: ScramSide): SaslExchange {
  let next = first;

  async function first(text: string): Promise<SaslStep> {
    const opening = parseClientFirst(text);
    if (opening === undefined) return { kind: 'malformed' };
    const keys = await side.keysFor(opening.authorization, opening.username);
    const nonce = opening.nonce + side.nonce();
    const serverFirst = `r=${nonce},s=${keys.salt},i=${keys.iterations}`;
    next = (answer) => final(answer, opening, keys, nonce, serverFirst);
    return { kind: 'challenge', data: Buffer.from(serverFirst) };
  }

  async function final(
    text: string,
    opening: ClientFirst,
    keys: ScramKeys,
    nonce: string,
    serverFirst: string,
  ): Promise<SaslStep> {
    const closing = parseClientFinal(text);
    const bound = Buffer.from(opening.gs2Header).toString('base64');
    if (closing?.channelBinding !== bound || closing.nonce !== nonce) return { kind: 'malformed' };
    const authMessage = `${opening.bare},${serverFirst},${closing.withoutProof}`;
    const { right, serverSignature } = checkProof(keys, authMessage, closing.proof);
    const result = await side.finish(right);
    if (result.status !== 'accepted') return { kind: 'done', result };
    return { kind: 'done', result, data: Buffer.from(`v=${serverSignature}`) };
  }

  return {
    serverFirst: false,
    async next(response) {
      const text = decodeUtf8(response);
      return text === undefined ? { kind: 'malformed' } : next(text);
    },
  };
}
