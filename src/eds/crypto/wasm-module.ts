import { unsigned, WasmCode } from './wasm-code.ts';

/** The part of the platform's interface that is used here; TypeScript has it only among the types of browsers. */
declare const WebAssembly: {
  readonly Module: new (octets: Uint8Array) => object;
  readonly Instance: new (module: object) => {
    readonly exports: Readonly<Record<string, unknown>>;
  };
};

type WasmFunction = (...args: readonly number[]) => void;

/** What a module gives: its memory and its functions by name. */
export interface WasmInstance {
  readonly memory: ArrayBuffer;
  function(name: string): WasmFunction;
}

const magic = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const pageBytes = 65_536;

/**
 * A WebAssembly module written by hand: functions of i32 parameters without a result, over one memory. The binary
 * format is that of the WebAssembly Core Specification §5.5.
 */
export class WasmModule {
  readonly #functions: { name: string; params: number; body: number[] }[] = [];

  /** Adds a function and gives its index, for calls from later ones. */
  add(name: string, params: number, write: (code: WasmCode) => void): number {
    const code = new WasmCode(params);
    write(code);
    return this.#functions.push({ name, params, body: code.finish() }) - 1;
  }

  /** Compiles what was added, with a zeroed memory of at least `bytes`. */
  instantiate(bytes: number): WasmInstance {
    const functions = this.#functions;
    const types = functions.map(({ params }) => [
      0x60,
      ...unsigned(params),
      ...new Array<number>(params).fill(0x7f),
      0,
    ]);
    const exported = functions.map(({ name }, i) => [...text(name), 0, ...unsigned(i)]);
    const octets = [
      ...magic,
      ...section(1, types),
      ...section(
        3,
        functions.map((_, i) => unsigned(i)),
      ),
      ...section(5, [[0, ...unsigned(Math.ceil(bytes / pageBytes))]]),
      ...section(7, [[...text('memory'), 2, 0], ...exported]),
    ];
    const code = section(
      10,
      functions.map(({ body }) => body),
    );
    const { exports } = new WebAssembly.Instance(
      new WebAssembly.Module(Uint8Array.from(octets.concat(code))),
    );
    return {
      memory: (exports['memory'] as { readonly buffer: ArrayBuffer }).buffer,
      function: (name) => exports[name] as WasmFunction,
    };
  }
}

function section(id: number, entries: readonly (readonly number[])[]): number[] {
  const body = unsigned(entries.length).concat(...entries);
  return [id, ...unsigned(body.length)].concat(body);
}

function text(name: string): number[] {
  const octets = [...Buffer.from(name, 'utf8')];
  return [...unsigned(octets.length), ...octets];
}
