import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ScramKeys } from '../store/api.ts';

/** RFC 7677 §4: at least 4096; the client pays at login, the server only when a password is set. */
export const leastScramIterations = 4096;

/** The verifier of a prepared password, off the event loop. RFC 5802 §3. */
export async function scramKeys(
  password: string,
  iterations: number,
  salt: Buffer = randomBytes(16),
): Promise<ScramKeys> {
  const salted = await new Promise<Buffer>((resolve, reject) => {
    pbkdf2(password, salt, iterations, 32, 'sha256', (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
  return {
    salt: salt.toString('base64'),
    iterations,
    storedKey: sha256(hmac(salted, 'Client Key')).toString('base64'),
    serverKey: hmac(salted, 'Server Key').toString('base64'),
  };
}

/**
 * What an account that does not exist (or has no verifier) answers with: the same salt at each attempt, so that
 * nobody learns from it which addresses are ours. RFC 5802 §5.1. No proof matches these keys.
 */
export function decoyScramKeys(secret: Uint8Array, login: string, iterations: number): ScramKeys {
  return {
    salt: hmac(secret, `salt:${login}`).subarray(0, 16).toString('base64'),
    iterations,
    storedKey: hmac(secret, `stored:${login}`).toString('base64'),
    serverKey: hmac(secret, `server:${login}`).toString('base64'),
  };
}

export interface ClientFirst {
  /** The GS2 header as sent, which the client repeats under its proof. */
  readonly gs2Header: string;
  /** The identity to act as; '' when it is the authenticated one. */
  readonly authorization: string;
  readonly username: string;
  readonly nonce: string;
  /** `client-first-message-bare`. */
  readonly bare: string;
}

/*
 * client-first-message = gs2-header client-first-message-bare
 * gs2-header           = gs2-cbind-flag "," [ authzid ] ","
 * client-first-bare    = [reserved-mext ","] username "," nonce ["," extensions]
 */
const clientFirst = /^((?:n|y|p=[A-Za-z0-9.-]+),(?:a=([^,]*))?,)(n=([^,]*),r=([^,]+)(?:,.*)?)$/s;
/** `printable` of RFC 5802 §7: visible ASCII but the comma. */
const printable = /^[\x21-\x2b\x2d-\x7e]+$/;

/** Undefined when it is not a client-first-message, asks for channel binding or for an extension (`m=`). */
export function parseClientFirst(text: string): ClientFirst | undefined {
  const match = clientFirst.exec(text);
  const [, gs2Header, authzid = '', bare, name, nonce] = match ?? [];
  if (gs2Header === undefined || bare === undefined || name === undefined) return undefined;
  // Without -PLUS on offer nothing can be bound. RFC 5802 §6.
  if (gs2Header.startsWith('p') || nonce === undefined || !printable.test(nonce)) return undefined;
  const username = decodeSaslName(name);
  const authorization = decodeSaslName(authzid);
  if (username === undefined || username === '' || authorization === undefined) return undefined;
  return { gs2Header, authorization, username, nonce, bare };
}

/** RFC 5802 §5.1: `=2C` is a comma, `=3D` an equals sign, and any other `=` is an error. */
function decodeSaslName(name: string): string | undefined {
  if (/=(?!2C|3D)/.test(name)) return undefined;
  return name.replaceAll('=2C', ',').replaceAll('=3D', '=');
}

export interface ClientFinal {
  readonly channelBinding: string;
  readonly nonce: string;
  readonly proof: Buffer;
  readonly withoutProof: string;
}

/** client-final-message = channel-binding "," nonce ["," extensions] "," proof */
const clientFinal = /^(c=([A-Za-z0-9+/]+=*),r=([^,]+)(?:,[^,]+)*),p=([A-Za-z0-9+/]+=*)$/s;

export function parseClientFinal(text: string): ClientFinal | undefined {
  const [, withoutProof, channelBinding, nonce, proof] = clientFinal.exec(text) ?? [];
  if (withoutProof === undefined || channelBinding === undefined) return undefined;
  if (nonce === undefined || proof === undefined) return undefined;
  return { channelBinding, nonce, proof: Buffer.from(proof, 'base64'), withoutProof };
}

/** Whether the proof is right, and the signature that shows the client that we know the verifier. RFC 5802 §3. */
export function checkProof(
  keys: ScramKeys,
  authMessage: string,
  proof: Buffer,
): { readonly right: boolean; readonly serverSignature: string } {
  const storedKey = Buffer.from(keys.storedKey, 'base64');
  const signature = hmac(storedKey, authMessage);
  const clientKey = Buffer.alloc(signature.length);
  for (let i = 0; i < signature.length; i++) {
    clientKey[i] = (signature[i] as number) ^ (proof[i] ?? 0);
  }
  const right = timingSafeEqual(sha256(clientKey), storedKey) && proof.length === signature.length;
  const serverSignature = hmac(Buffer.from(keys.serverKey, 'base64'), authMessage);
  return { right, serverSignature: serverSignature.toString('base64') };
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
