import { domainToASCII } from 'node:url';
import { MailError } from '../core/errors.ts';
import { reservedNames } from './reserved-names.ts';
import { stateBodyNames } from './state-body-names.ts';

/** What nearly every address looks like: already canonical, so that a look-up costs one match. */
const plain = /^[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[a-z0-9-]+(?:\.[a-z0-9-]+)*$/;
/** RFC 5321 §4.5.3.1: 64 octets of local part and 255 of domain; nothing longer is looked at. */
const longestAddress = 320;
/** RFC 5321 §4.1.2 Quoted-string. */
const quotedString = /^"((?:[^"\\\p{Cc}]|\\[\x20-\x7e])*)"$/u;
/** What `domainToASCII` would take for the end of a host, a port or an escape, and what no domain holds. */
const notInDomain = /[^\p{L}\p{M}\p{N}.。．｡_-]/u;

/**
 * The form that an address is looked up by: NFKC, lower case, the domain as A-labels (RFC 5890 §2.3.2.1), quotes
 * taken off. Undefined for what cannot name an account: no `@`, an address literal, control characters, too long.
 * Tolerant otherwise: a stranger may write our address in any way that means it.
 */
export function canonicalAddress(address: string): string | undefined {
  if (address.length > longestAddress) return undefined;
  if (plain.test(address) && !address.includes('xn--')) return address;
  const at = address.lastIndexOf('@');
  if (at < 1) return undefined;
  const local = canonicalLocalPart(address.slice(0, at));
  const domain = canonicalDomain(address.slice(at + 1));
  return local === undefined || domain === undefined ? undefined : `${local}@${domain}`;
}

/** The domain as lower-case A-labels without a final dot, or undefined when it is none. */
export function canonicalDomain(domain: string): string | undefined {
  const bare = domain.endsWith('.') ? domain.slice(0, -1) : domain;
  if (bare === '' || notInDomain.test(bare)) return undefined;
  const ascii = domainToASCII(bare);
  if (ascii === '' || ascii.length > 255 || /^\.|\.\.|\.$/.test(ascii)) return undefined;
  return ascii;
}

function canonicalLocalPart(written: string): string | undefined {
  const quoted = quotedString.exec(written);
  // RFC 5321 §4.1.2: the quoted and the unquoted form of the same local part are the same mailbox.
  const local = quoted?.[1]?.replace(/\\(.)/gu, '$1') ?? written;
  const folded = local.normalize('NFKC').toLowerCase().normalize('NFKC');
  if (folded === '' || Buffer.byteLength(folded) > 64) return undefined;
  return /[\p{Cc}\p{Cf}\p{Cs}]/u.test(folded) ? undefined : folded;
}

/**
 * Letters that a reader takes for another one, in either case: Cyrillic (with the Kazakh letters), Greek and digits,
 * each to the Latin letter it is seen as. After Unicode UTS #39 §4, cut to the scripts that our users write.
 */
const lookAlikes: Readonly<Record<string, string>> = {
  0: 'o',
  1: 'l',
  i: 'l',
  '|': 'l',
  '!': 'l',
  а: 'a',
  ӓ: 'a',
  в: 'b',
  ь: 'b',
  с: 'c',
  ԁ: 'd',
  е: 'e',
  ё: 'e',
  ҽ: 'e',
  һ: 'h',
  н: 'h',
  ң: 'h',
  і: 'l',
  ї: 'l',
  ӏ: 'l',
  ј: 'j',
  к: 'k',
  қ: 'k',
  ҡ: 'k',
  м: 'm',
  о: 'o',
  ө: 'o',
  р: 'p',
  ԛ: 'q',
  г: 'r',
  ғ: 'r',
  ѕ: 's',
  т: 't',
  у: 'y',
  ү: 'y',
  ұ: 'y',
  ѵ: 'v',
  ԝ: 'w',
  х: 'x',
  ҳ: 'x',
  з: '3',
  α: 'a',
  β: 'b',
  ε: 'e',
  η: 'n',
  ι: 'l',
  κ: 'k',
  ν: 'v',
  ο: 'o',
  ρ: 'p',
  τ: 't',
  υ: 'u',
  χ: 'x',
  ı: 'l',
  ø: 'o',
  ł: 'l',
  ß: 'b',
  ə: 'e',
  ә: 'e',
};

/**
 * The look-alike form of a canonical address: two addresses with the same one are not given to two people. In the
 * local part dots, hyphens and underscores do not count, accents do not count, `0` is `o`, `1` and `i` are `l`, `rn`
 * is `m`, `vv` is `w`, and Cyrillic or Greek letters are the Latin ones they look like. The domain counts as it is.
 */
export function skeleton(canonical: string): string {
  const at = canonical.lastIndexOf('@');
  let local = '';
  for (const letter of canonical.slice(0, at).normalize('NFKD')) {
    if (/[._\-\p{M}]/u.test(letter)) continue;
    local += lookAlikes[letter] ?? letter;
  }
  return local.replaceAll('rn', 'm').replaceAll('vv', 'w') + canonical.slice(at);
}

const reserved: ReadonlySet<string> = new Set(
  [...reservedNames, ...stateBodyNames].map((name) => skeleton(`${name}@`)),
);

/** Whether the name, in any spelling that looks like it, is kept back from the public. */
export function isReservedName(localPart: string): boolean {
  return reserved.has(skeleton(`${localPart.normalize('NFKC').toLowerCase()}@`));
}

/** Whether a canonical local part can be given: 2 to 64 Latin letters, digits and single inner `.`, `-`, `_`. */
export function isNewLocalPart(local: string): boolean {
  return /^[a-z0-9](?:[a-z0-9]|[._-](?=[a-z0-9])){1,63}$/.test(local);
}

/** The address of a new account in the forms that the store keeps. */
export interface NewAddress {
  readonly address: string;
  readonly canonical: string;
  readonly skeleton: string;
}

/**
 * Checks an address that is to be given to somebody. Stricter than looking one up: an ASCII local part of 2 to 64
 * letters, digits and inner `.`, `-`, `_`, in one of our domains, not reserved (unless allowed). Throws `MailError`
 * `invalid` with the reason in words.
 */
export function newAddress(
  address: string,
  localDomains: readonly string[],
  options: { readonly allowReserved?: boolean } = {},
): NewAddress {
  const trimmed = address.trim();
  const canonical = canonicalAddress(trimmed);
  if (canonical === undefined) throw new MailError('invalid', `Not an address: ${shown(trimmed)}`);
  const at = canonical.lastIndexOf('@');
  const local = canonical.slice(0, at);
  const domain = canonical.slice(at + 1);
  if (!localDomains.includes(domain)) {
    throw new MailError('invalid', `Not one of our domains: ${shown(domain)}`);
  }
  if (!isNewLocalPart(local)) {
    const rule = '2 to 64 Latin letters, digits and single inner dots, hyphens or underscores';
    throw new MailError('invalid', `A local part is ${rule}: ${shown(local)}`);
  }
  if (options.allowReserved !== true && isReservedName(local)) {
    throw new MailError('invalid', `This name is reserved for service use: ${local}`);
  }
  // Kept as the owner writes it, but nothing that NFKC or quotes could make look like something else.
  const spelled = trimmed.slice(0, trimmed.lastIndexOf('@'));
  const display = spelled.toLowerCase() === local ? `${spelled}@${domain}` : canonical;
  return { address: display, canonical, skeleton: skeleton(canonical) };
}

/** A stranger's text in a message of ours: bounded and without control characters. */
function shown(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
