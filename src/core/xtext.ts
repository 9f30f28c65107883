/**
 * xtext = *( xchar / hexchar ); hexchar = "+" 2(%x30-39 / %x41-46); xchar = "!" to "~" except "+" and "=".
 * RFC 3461 §4. Undefined when it does not match.
 */
export function decodeXtext(text: string): string | undefined {
  if (!/^(?:[!-*,-<>-~]|\+[0-9A-F]{2})*$/.test(text)) return undefined;
  if (!text.includes('+')) return text;
  return Buffer.from(
    text.replace(/\+([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  ).toString('utf8');
}

/**
 * utf-8-addr-xtext and utf-8-addr-unitext of RFC 6533 §3, allowed in ORCPT with SMTPUTF8: xtext, plain UTF-8, and
 * `\x{HEX}`. Only checked: ORCPT is kept as received.
 */
export function isUtf8AddressXtext(text: string): boolean {
  return /^(?:[!-*,-<>-[\]-~]|\+[0-9A-F]{2}|\\x\{[0-9A-F]{2,6}\}|[^\0-\x7f])*$/u.test(text);
}
