import { MailError, type Failure } from '../core/errors.ts';

/** The reply codes this server gives. RFC 5321 §4.2, RFC 4954 §4.7, RFC 5248. */
export type ReplyCode =
  | 214
  | 220
  | 221
  | 235
  | 250
  | 252
  | 334
  | 354
  | 421
  | 450
  | 451
  | 452
  | 454
  | 500
  | 501
  | 502
  | 503
  | 504
  | 525
  | 530
  | 534
  | 535
  | 538
  | 550
  | 552
  | 553
  | 554
  | 555;

/** Subject and detail of RFC 3463 §2, such as `2.2`; the class comes from the reply code. */
export type EnhancedDetail = `${number}.${number}`;

/** One reply as it goes over the wire, with its line break. */
export type Reply = string & { readonly unit: 'smtp-reply' };

/** The class digit is taken from the reply code, so that the two cannot disagree. RFC 2034 §4. */
export function reply(code: ReplyCode, detail: EnhancedDetail, text: string): Reply {
  return `${code} ${Math.trunc(code / 100)}.${detail} ${text}\r\n` as Reply;
}

/** For the greeting, the answers to HELO and EHLO, and 3yz: these carry no enhanced code. RFC 2034 §4. */
export function bareReply(code: ReplyCode, ...lines: readonly [string, ...string[]]): Reply {
  let text = '';
  const last = lines.length - 1;
  lines.forEach((line, i) => {
    text += `${code}${i === last ? ' ' : '-'}${line}\r\n`;
  });
  return text as Reply;
}

/** True for 4yz and 5yz. */
export function isRefusal(answer: Reply): boolean {
  return answer.charCodeAt(0) >= 0x34;
}

/** True for 5yz: the client should not try the same again. */
export function isPermanent(answer: Reply): boolean {
  return answer.charCodeAt(0) === 0x35;
}

/** A Failure without a row does not compile. RFC 5321 §4.2.3, RFC 3463 §3. */
const replyRows = {
  'not-found': [550, '1.1', 'No such mailbox'],
  'already-exists': [451, '3.0', 'Cannot be done now'],
  'no-permission': [550, '7.1', 'Not permitted'],
  // 452, not 552: the owner may delete mail, and the sender will try again.
  'over-quota': [452, '2.2', 'Mailbox is full'],
  'too-big': [552, '3.4', 'Message is too big'],
  limit: [452, '3.1', 'A limit of the mail system is reached'],
  'in-use': [450, '2.0', 'Mailbox is in use'],
  expunged: [450, '2.0', 'Mailbox has changed'],
  invalid: [554, '6.0', 'Message cannot be stored'],
  unavailable: [451, '3.2', 'Mail system is not available, try again later'],
  'disk-full': [452, '3.1', 'Mail system is full, try again later'],
  internal: [451, '3.0', 'Internal error, try again later'],
} as const satisfies Record<Failure, readonly [ReplyCode, EnhancedDetail, string]>;

/** The reply for an outcome in the mail system's own words. */
export function replyForFailure(failure: Failure): Reply {
  const [code, detail, text] = replyRows[failure];
  return reply(code, detail, text);
}

/**
 * The same failure where the client is to try again, because part of the work is done: a permanent row becomes 451.
 */
export function retryReplyForFailure(failure: Failure): Reply {
  const answer = replyForFailure(failure);
  if (!isPermanent(answer)) return answer;
  return reply(451, replyRows[failure][1], 'Not accepted for all recipients, try again later');
}

/** What a thrown error becomes: a MailError its row, anything else 451 without details. */
export function replyForError(error: unknown): Reply {
  return replyForFailure(error instanceof MailError ? error.failure : 'internal');
}
