import type { Part } from './api.ts';

/** Octets of a message that a section names: from `start` up to, without, `end`. */
export interface SectionRange {
  /** The part the section belongs to: its encoding and type are those of the octets. */
  readonly part: Part;
  readonly start: number;
  readonly end: number;
}

/**
 * Finds what a section of `BODY[section]` names, RFC 9051 §6.4.5.1: '' for the whole message, `HEADER`, `TEXT`,
 * `1.2`, `1.2.MIME`, `3.HEADER`, `3.TEXT`; in any case. Undefined when the message has no such part, or when HEADER
 * or TEXT is asked of a part that encloses no message. Without any multipart the body is part 1.
 */
export function findPart(root: Part, section: string): SectionRange | undefined {
  if (section === '') return { part: root, start: root.headerStart, end: root.bodyEnd };
  const steps = section.toUpperCase().split('.');
  const last = steps.at(-1);
  const text = last === 'HEADER' || last === 'TEXT' || last === 'MIME' ? steps.pop() : undefined;
  if (steps.length === 0) return text === 'MIME' ? undefined : messageText(root, text);
  const part = partAt(root, steps);
  if (part === undefined) return undefined;
  if (text === undefined) return { part, start: part.bodyStart, end: part.bodyEnd };
  if (text === 'MIME') return { part, start: part.headerStart, end: part.bodyStart };
  const enclosed = isMessage(part) ? part.children[0] : undefined;
  return enclosed === undefined ? undefined : messageText(enclosed, text);
}

function messageText(message: Part, text: string | undefined): SectionRange {
  return text === 'HEADER'
    ? { part: message, start: message.headerStart, end: message.bodyStart }
    : { part: message, start: message.bodyStart, end: message.bodyEnd };
}

function partAt(root: Part, steps: readonly string[]): Part | undefined {
  let message = root;
  let part: Part | undefined;
  for (const step of steps) {
    // A number below an enclosed message counts the parts of that message.
    if (part !== undefined) {
      if (isMultipart(part)) message = part;
      else if (isMessage(part) && part.children[0] !== undefined) message = part.children[0];
      else return undefined;
    }
    const number = partNumber(step);
    if (number === undefined) return undefined;
    if (isMultipart(message)) part = message.children[number - 1];
    else part = number === 1 ? message : undefined;
    if (part === undefined) return undefined;
  }
  return part;
}

// nz-number
function partNumber(step: string): number | undefined {
  return /^[1-9][0-9]{0,5}$/.test(step) ? Number(step) : undefined;
}

function isMultipart(part: Part): boolean {
  return part.type === 'multipart';
}

function isMessage(part: Part): boolean {
  return part.type === 'message' && (part.subtype === 'rfc822' || part.subtype === 'global');
}
