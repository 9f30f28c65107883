import type { Threading } from './api.ts';
import { baseSubject } from './base-subject.ts';
import { decodeWords } from './encoded-word.ts';
import { maxMessageIdChars, maxReferences } from './limits.ts';

/** What joins the message to others; the values are unfolded fields, undefined where missing. */
export function threading(
  messageId: string | undefined,
  references: string | undefined,
  inReplyTo: string | undefined,
  subject: string | undefined,
): Threading {
  const own = messageId === undefined ? undefined : (messageIds(messageId)[0] ?? bareId(messageId));
  const named = new Set<string>();
  for (const id of [...messageIds(references ?? ''), ...messageIds(inReplyTo ?? '')]) named.add(id);
  return {
    messageId: own,
    references: [...named].slice(-maxReferences),
    baseSubject: subject === undefined ? '' : baseSubject(decodeWords(subject)),
  };
}

// msg-id = [CFWS] "<" id-left "@" id-right ">" [CFWS]
function messageIds(text: string): string[] {
  const ids: string[] = [];
  let at = 0;
  for (;;) {
    const end = text.indexOf('>', at);
    if (end < 0) return ids;
    const piece = text.slice(at, end);
    // The nearest opening bracket: a stray one before an id does not swallow it.
    const start = piece.lastIndexOf('<');
    if (start >= 0) {
      const id = piece.slice(start + 1).replace(/\s+/g, '');
      if (id !== '' && id.length <= maxMessageIdChars) ids.push(id);
    }
    at = end + 1;
  }
}

/** Some senders forget the angle brackets. */
function bareId(text: string): string | undefined {
  const id = text.replace(/[\s<>]+/g, '');
  return id === '' || id.length > maxMessageIdChars ? undefined : id;
}
