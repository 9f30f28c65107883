/** The few operators of filters and updates that the store uses, on plain objects. */

type Doc = Readonly<Record<string, unknown>>;

/** A document's `_id` as the key of a map. */
export function keyOf(id: unknown): string {
  return JSON.stringify(id);
}

export function matches(document: Doc, filter: Doc): boolean {
  return Object.entries(filter).every(([path, wanted]) => fits(valuesAt(document, path), wanted));
}

function fits(values: readonly unknown[], wanted: unknown): boolean {
  if (!isOperators(wanted)) return values.some((value) => compare(value, wanted) === 0);
  return Object.entries(wanted).every(([operator, operand]) => {
    const some = (test: (order: number) => boolean): boolean =>
      values.some((value) => value !== undefined && test(compare(value, operand)));
    switch (operator) {
      case '$gt':
        return some((order) => order > 0);
      case '$gte':
        return some((order) => order >= 0);
      case '$lt':
        return some((order) => order < 0);
      case '$lte':
        return some((order) => order <= 0);
      case '$in':
        return values.some((value) =>
          (operand as unknown[]).some((each) => compare(value, each) === 0),
        );
      case '$exists':
        return values.some((value) => value !== undefined) === operand;
      default:
        throw new Error(`no such operator: ${operator}`);
    }
  });
}

function isOperators(value: unknown): value is Doc {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Buffer.isBuffer(value) &&
    Object.keys(value).some((key) => key.startsWith('$'))
  );
}

/** What a path leads to; through an array, each of its elements. */
function valuesAt(document: unknown, path: string): unknown[] {
  let values: unknown[] = [document];
  for (const name of path.split('.')) {
    values = values
      .flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]))
      .map((value) =>
        typeof value === 'object' && value !== null ? (value as Doc)[name] : undefined,
      );
  }
  return values;
}

/** The server's order, for what we store: numbers, strings, and documents field by field. */
export function compare(one: unknown, other: unknown): number {
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  if (typeof one === 'string' && typeof other === 'string')
    return one < other ? -1 : one > other ? 1 : 0;
  if (isDocument(one) && isDocument(other)) {
    const [mine, theirs] = [Object.entries(one), Object.entries(other)];
    for (const [i, [name, value]] of mine.entries()) {
      const [otherName, otherValue] = theirs[i] ?? [];
      if (otherName === undefined) return 1;
      const order = compare(value, otherValue) || compare(name, otherName);
      if (order !== 0) return order;
    }
    return mine.length - theirs.length;
  }
  if (one instanceof Uint8Array && other instanceof Uint8Array) return Buffer.compare(one, other);
  return one === other ? 0 : Number.NaN;
}

function isDocument(value: unknown): value is Doc {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value)
  );
}

/** The document after an update; the given one stays as it is. */
export function updated(document: Doc, change: Doc): Doc {
  let next = document;
  for (const [operator, fields] of Object.entries(change)) {
    for (const [path, operand] of Object.entries(fields as Doc)) {
      next = withPath(next, path.split('.'), (value) => changed(operator, value, operand));
    }
  }
  return next;
}

function changed(operator: string, value: unknown, operand: unknown): unknown {
  switch (operator) {
    case '$set':
      return operand;
    case '$unset':
      return undefined;
    case '$push': {
      const { $each, $slice } = operand as { $each: unknown[]; $slice?: number };
      const list = [...((value ?? []) as unknown[]), ...$each];
      return $slice === undefined ? list : list.slice($slice);
    }
    case '$pull':
      return ((value ?? []) as Doc[]).filter((each) => !matches(each, operand as Doc));
    default:
      throw new Error(`no such operator: ${operator}`);
  }
}

function withPath(
  document: Doc,
  [name = '', ...rest]: readonly string[],
  change: (value: unknown) => unknown,
): Doc {
  const { [name]: value, ...others } = document;
  const next = rest.length === 0 ? change(value) : withPath((value ?? {}) as Doc, rest, change);
  return next === undefined ? others : { ...document, [name]: next };
}
