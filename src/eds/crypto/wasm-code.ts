/** The instructions that the arithmetic here needs: WebAssembly Core Specification §5.4. */
const opcodes = {
  'i64.lt_u': 0x54,
  'i64.add': 0x7c,
  'i64.sub': 0x7d,
  'i64.mul': 0x7e,
  'i64.xor': 0x85,
  'i64.shl': 0x86,
  'i64.shr_s': 0x87,
  'i64.shr_u': 0x88,
  'i32.add': 0x6a,
  'i32.sub': 0x6b,
  'i32.and': 0x71,
  'i32.or': 0x72,
  'i32.lt_u': 0x49,
  'i32.eq': 0x46,
  'i32.wrap_i64': 0xa7,
  'i64.extend_i32_u': 0xad,
} as const;

const accesses = {
  'i32.load': [0x28, 2],
  'i64.load': [0x29, 3],
  'i64.load32_s': [0x34, 2],
  'i32.store': [0x36, 2],
  'i64.store': [0x37, 3],
  'i64.store32': [0x3e, 2],
} as const;

/** A variable of a function. */
export type Local = number & { readonly unit: 'local' };

/** The body of one WebAssembly function as it is written, instruction by instruction. */
export class WasmCode {
  readonly #params: number;
  readonly #octets: number[] = [];
  readonly #locals: ('i32' | 'i64')[] = [];

  constructor(params: number) {
    this.#params = params;
  }

  /** A parameter; all are i32. */
  param(index: number): Local {
    return index as Local;
  }

  /** A new variable, zero at first. */
  local(type: 'i32' | 'i64'): Local {
    this.#locals.push(type);
    return (this.#params + this.#locals.length - 1) as Local;
  }

  get(local: Local): this {
    return this.#put(0x20, ...unsigned(local));
  }

  set(local: Local): this {
    return this.#put(0x21, ...unsigned(local));
  }

  tee(local: Local): this {
    return this.#put(0x22, ...unsigned(local));
  }

  i32(value: number): this {
    return this.#put(0x41, ...signed(BigInt(value)));
  }

  i64(value: bigint): this {
    return this.#put(0x42, ...signed(value));
  }

  /** The instructions, in turn. */
  do(...names: readonly (keyof typeof opcodes)[]): this {
    return this.#put(...names.map((name) => opcodes[name]));
  }

  /** Reads or writes at the address on the stack plus `offset` octets. */
  memory(name: keyof typeof accesses, offset: number): this {
    return this.#put(...accesses[name], ...unsigned(offset));
  }

  call(index: number): this {
    return this.#put(0x10, ...unsigned(index));
  }

  /** Repeats `body` as long as the i32 it leaves on the stack is not zero. */
  loop(body: () => void): this {
    this.#put(0x03, 0x40);
    body();
    return this.#put(0x0d, 0, 0x0b);
  }

  /** The entry of the code section. */
  finish(): number[] {
    const kinds = this.#locals.flatMap((type) => [1, type === 'i32' ? 0x7f : 0x7e]);
    const body = [...unsigned(this.#locals.length), ...kinds, ...this.#octets, 0x0b];
    return [...unsigned(body.length), ...body];
  }

  #put(...octets: readonly number[]): this {
    for (const octet of octets) this.#octets.push(octet);
    return this;
  }
}

/** LEB128, §5.2.2. */
export function unsigned(value: number): number[] {
  const octets: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) octets.push((rest & 0x7f) | 0x80);
  octets.push(rest);
  return octets;
}

function signed(value: bigint): number[] {
  const octets: number[] = [];
  let rest = value;
  while (rest < -64n || rest > 63n) {
    octets.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  octets.push(Number(rest & 0x7fn));
  return octets;
}
