import type { FieldCode } from './field-code.ts';
import type { WasmCode } from './wasm-code.ts';
import type { WasmModule } from './wasm-module.ts';

/** A sum of a greater weight might not fit the 32 bits of a limb. */
const maxStoredWeight = 7;

/** Where a number is: a parameter and octets beyond it, or an address. */
type Place = { readonly param: number; readonly offset: number } | { readonly address: number };

interface Value {
  place: Place;
  weight: number;
}

/** Makes functions of formulas and proves, as it does so, that no limb and no column of products can overflow. */
export class FormulaCompiler {
  readonly #module: WasmModule;
  readonly #field: FieldCode;
  readonly #constants: Readonly<Record<string, number>>;
  readonly #allocate: (numbers: number) => number;

  /** `constants` are addresses by name; `allocate` gives room for intermediate results. */
  constructor(
    module: WasmModule,
    field: FieldCode,
    constants: Readonly<Record<string, number>>,
    allocate: (numbers: number) => number,
  ) {
    this.#module = module;
    this.#field = field;
    this.#constants = constants;
    this.#allocate = allocate;
  }

  /**
   * Adds a function. Each of `params` names the numbers that lie one after the other at a parameter, the first those
   * of the result; the result may lie where a parameter lies.
   */
  add(name: string, params: readonly (readonly string[])[], formula: readonly string[]): void {
    const results = params[0] ?? [];
    this.#module.add(name, params.length, (code) => {
      const values = new Map<string, Value>();
      for (const [constant, address] of Object.entries(this.#constants)) {
        values.set(constant, { place: { address }, weight: 1 });
      }
      params.slice(1).forEach((names, i) => {
        names.forEach((one, j) => {
          const place = { param: i + 1, offset: j * this.#field.stride };
          values.set(one, { place, weight: 1 });
        });
      });
      const resultPlace = (result: string): Place => {
        return { param: 0, offset: results.indexOf(result) * this.#field.stride };
      };
      // Results stay aside until nothing reads the parameters any more; a product that comes last need not.
      for (const step of formula.slice(0, -1)) this.#step(code, values, step);
      const [last = '', , , operation] = formula.at(-1)?.split(' ') ?? [];
      const direct = operation === '*' && results.includes(last);
      this.#step(code, values, formula.at(-1) ?? '', direct ? resultPlace(last) : undefined);
      for (const result of results) {
        if (direct && result === last) continue;
        this.#call(code, this.#field.carry, resultPlace(result), find(values, result).place);
      }
    });
  }

  #step(code: WasmCode, values: Map<string, Value>, step: string, to?: Place): void {
    const [result = '', , left = '', operation = '', right = ''] = step.split(' ');
    const one = find(values, left);
    const two = find(values, right);
    const place = to ?? { address: this.#allocate(1) };
    const { multiply, square, add, subtract, maxWeight } = this.#field;
    if (operation === '*') {
      while (one.weight * two.weight > maxWeight) {
        this.#lighten(code, one.weight >= two.weight ? one : two);
      }
      if (one === two) this.#call(code, square, place, one.place);
      else this.#call(code, multiply, place, one.place, two.place);
      values.set(result, { place, weight: 1 });
      return;
    }
    while (one.weight + two.weight > maxStoredWeight) {
      this.#lighten(code, one.weight >= two.weight ? one : two);
    }
    this.#call(code, operation === '+' ? add : subtract, place, one.place, two.place);
    values.set(result, { place, weight: one.weight + two.weight });
  }

  /** Carries, so that the value has weight 1. */
  #lighten(code: WasmCode, value: Value): void {
    const place = { address: this.#allocate(1) };
    this.#call(code, this.#field.carry, place, value.place);
    value.place = place;
    value.weight = 1;
  }

  #call(code: WasmCode, index: number, ...places: readonly Place[]): void {
    for (const place of places) {
      if ('address' in place) code.i32(place.address);
      else code.get(code.param(place.param)).i32(place.offset).do('i32.add');
    }
    code.call(index);
  }
}

function find(values: ReadonlyMap<string, Value>, name: string): Value {
  const value = values.get(name);
  if (value === undefined) throw new Error(`the formula has no ${name}`);
  return value;
}
