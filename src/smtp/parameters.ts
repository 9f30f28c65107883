/** ESMTP parameters of MAIL and RCPT by keyword in capitals; the value is undefined where there is no `=`. */
export type Parameters = ReadonlyMap<string, string | undefined>;

/** Enough for every parameter of every extension at once. */
export const maxParameters = 32;

const none: Parameters = new Map();

/**
 * Mail-parameters = esmtp-param *(SP esmtp-param), RFC 5321 §4.1.1.11, behind the path. Values may be UTF-8,
 * RFC 6531 §3.4. Undefined when it does not match, or names a parameter twice.
 */
export function parseParameters(text: string, start: number): Parameters | undefined {
  if (start >= text.length) return none;
  if (text.charCodeAt(start) !== 0x20) return undefined;
  const parameters = new Map<string, string | undefined>();
  // Some clients write more than one space, or end the line with one.
  for (const word of text.slice(start).split(' ')) {
    if (word === '') continue;
    const match = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~\u{a0}-\u{10ffff}]+))?$/u.exec(word);
    if (match === null) return undefined;
    const keyword = (match[1] as string).toUpperCase();
    if (parameters.has(keyword) || parameters.size >= maxParameters) return undefined;
    parameters.set(keyword, match[2]);
  }
  return parameters;
}
