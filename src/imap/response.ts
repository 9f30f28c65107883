import type { Failure, MailError } from '../core/errors.ts';
import { formatRanges, toRanges } from '../core/uid-set.ts';
import type { Appended, Copied } from '../store/api.ts';

/** Names of response codes: RFC 9051 §7.1, RFC 5530 §3 and the extensions spoken here. */
export type ResponseCode =
  | 'ALERT'
  | 'ALREADYEXISTS'
  | 'APPENDUID'
  | 'AUTHENTICATIONFAILED'
  | 'AUTHORIZATIONFAILED'
  | 'BADCHARSET'
  | 'CANNOT'
  | 'CAPABILITY'
  | 'CLIENTBUG'
  | 'CLOSED'
  | 'CONTACTADMIN'
  | 'COPYUID'
  | 'EXPUNGEISSUED'
  | 'HASCHILDREN'
  | 'HIGHESTMODSEQ'
  | 'INUSE'
  | 'LIMIT'
  | 'MAILBOXID'
  | 'MODIFIED'
  | 'NONEXISTENT'
  | 'NOPERM'
  | 'NOTSAVED'
  | 'OVERQUOTA'
  | 'PARSE'
  | 'PERMANENTFLAGS'
  | 'PRIVACYREQUIRED'
  | 'READ-ONLY'
  | 'READ-WRITE'
  | 'SERVERBUG'
  | 'TOOBIG'
  | 'TRYCREATE'
  | 'UIDNEXT'
  | 'UIDVALIDITY'
  | 'UNAVAILABLE'
  | 'UNKNOWN-CTE'
  | 'UNSEEN'
  | 'USEATTR';

/** What stands between the brackets: a code, with its arguments where it has some. */
export type Code = ResponseCode | `${ResponseCode} ${string}`;

/** How a command ended: the tagged response without its tag. */
export interface Response {
  readonly status: 'OK' | 'NO' | 'BAD';
  readonly code: Code | undefined;
  readonly text: string;
}

export function ok(text: string, code?: Code): Response {
  return { status: 'OK', code, text };
}

export function no(code: Code | undefined, text: string): Response {
  return { status: 'NO', code, text };
}

export function bad(text: string, code?: Code): Response {
  return { status: 'BAD', code, text };
}

/** RFC 5530 §3; TOOBIG is of RFC 4469. A Failure without a row does not compile. */
const codeFor = {
  'not-found': 'NONEXISTENT',
  'already-exists': 'ALREADYEXISTS',
  'no-permission': 'NOPERM',
  'over-quota': 'OVERQUOTA',
  'too-big': 'TOOBIG',
  limit: 'LIMIT',
  'in-use': 'INUSE',
  expunged: 'EXPUNGEISSUED',
  invalid: 'CANNOT',
  unavailable: 'UNAVAILABLE',
  'disk-full': 'UNAVAILABLE',
  internal: 'SERVERBUG',
} as const satisfies Record<Failure, ResponseCode>;

/** The answer for what a client may cause or should be told. */
export function failed(error: MailError): Response {
  return no(codeFor[error.failure], error.message);
}

/** [COPYUID] of COPY and MOVE, in order of the source; nothing copied, no code. RFC 9051 §7.1. */
export function copyUid(copied: Copied): Code | undefined {
  if (copied.from.length === 0) return undefined;
  return `COPYUID ${copied.uidValidity} ${uidSet(copied.from)} ${uidSet(copied.to)}`;
}

/** [APPENDUID], RFC 9051 §7.1. */
export function appendUid(appended: Appended): Code {
  return `APPENDUID ${appended.uidValidity} ${uidSet(appended.uids)}`;
}

/** `tag OK [CODE] text` or `* OK [CODE] text`, without the line break. */
export function formatResponse(tag: string, response: Response): string {
  const code = response.code === undefined ? '' : `[${response.code}] `;
  return `${tag} ${response.status} ${code}${response.text}`;
}

function uidSet(uids: readonly number[]): string {
  return formatRanges(toRanges(uids));
}
