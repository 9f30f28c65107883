/** What JSON can say. A member that is left out is left out: it is not undefined. */
export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [name: string]: JsonValue };

/** Arrays and objects within each other; what we sign needs some five. */
const deepest = 64;

/**
 * The one text of a value, RFC 8785, to be signed or hashed as UTF-8. Throws `TypeError`, without the value, for what
 * would be lost or changed on the way: undefined, NaN and infinities, lone surrogates, objects of classes (a Date too),
 * holes in arrays, more than 64 levels.
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

function write(value: unknown, depth: number): string {
  if (typeof value === 'string') {
    // RFC 8785 §3.2.2.2 escapes as ECMAScript does, and refuses what UTF-8 cannot say.
    if (/\p{Surrogate}/u.test(value)) throw new TypeError('a lone surrogate has no JSON text');
    return JSON.stringify(value);
  }
  if (typeof value === 'number') {
    // §3.2.2.3: the shortest digits, as ECMAScript writes them; -0 is 0.
    if (!Number.isFinite(value)) throw new TypeError('NaN and infinities have no JSON text');
    return JSON.stringify(value);
  }
  if (typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value !== 'object') throw new TypeError(`${typeof value} has no JSON text`);
  if (value === null) return 'null';
  if (depth === deepest) throw new TypeError(`more than ${deepest} levels`);
  if (Array.isArray(value)) {
    // Array.from visits holes too, as undefined.
    return `[${Array.from<unknown, string>(value, (one) => write(one, depth + 1)).join(',')}]`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError('only plain objects have a JSON text');
  }
  const members = Object.entries<unknown>(value as Record<string, unknown>)
    // §3.2.3: by UTF-16 code units, which is how ECMAScript compares; names differ.
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${write(name, depth)}:${write(member, depth + 1)}`);
  return `{${members.join(',')}}`;
}
