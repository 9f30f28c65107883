import { streebogIterations, streebogMatrix, streebogSubstitution } from './streebog-constants.ts';
import type { Local, WasmCode } from './wasm-code.ts';
import { WasmModule } from './wasm-module.ts';

const blockBytes = 64;
/** A state is eight rows of 64 bits, the least significant first. */
const rows = 8;

// Where things lie in the module's memory.
const tableAddress = 0;
const iterationsAddress = tableAddress + rows * 256 * 8;
const stateAddress = iterationsAddress + 12 * blockBytes;
const sumAddress = stateAddress + blockBytes;
const lengthAddress = sumAddress + blockBytes;
const zeroAddress = lengthAddress + blockBytes;
const blocksAddress = zeroAddress + blockBytes;

/** Blocks of content that the memory holds at once. */
const maxBlocks = 512;

/** The step function of Streebog in WebAssembly, and the memory it works on. */
export interface StreebogCode {
  /** g of RFC 6986 §8.1: the state takes in the block at an address; N is at the other. */
  compress(block: number, length: number): void;
  /** Adds the block at an address to Sigma, modulo 2^512. */
  addToSum(block: number): void;
  readonly octets: Uint8Array;
  readonly words: Uint32Array;
  readonly addresses: {
    readonly state: number;
    readonly sum: number;
    readonly length: number;
    readonly zero: number;
    readonly blocks: number;
  };
  readonly maxBlocks: number;
}

/** Makes the code. One is enough: what is being hashed brings its state along. */
export function makeStreebogCode(): StreebogCode {
  const module = new WasmModule();
  module.add('compress', 2, writeCompress);
  module.add('addToSum', 1, writeAddToSum);
  const instance = module.instantiate(blocksAddress + maxBlocks * blockBytes);
  const octets = new Uint8Array(instance.memory);
  octets.set(transformTable(), tableAddress);
  streebogIterations.forEach((constant, i) => {
    octets.set(Buffer.from(constant, 'hex').reverse(), iterationsAddress + i * blockBytes);
  });
  return {
    compress: instance.function('compress'),
    addToSum: instance.function('addToSum'),
    octets,
    words: new Uint32Array(instance.memory),
    addresses: {
      state: stateAddress,
      sum: sumAddress,
      length: lengthAddress,
      zero: zeroAddress,
      blocks: blocksAddress,
    },
    maxBlocks,
  };
}

function writeCompress(code: WasmCode): void {
  const [block, length] = [code.param(0), code.param(1)];
  const state = code.local('i32');
  const round = code.local('i32');
  const key = newRows(code);
  const text = newRows(code);
  const next = newRows(code);
  code.i32(stateAddress).set(state).i32(iterationsAddress).set(round);
  key.forEach((row, i) => {
    code
      .get(state)
      .memory('i64.load', 8 * i)
      .get(length)
      .memory('i64.load', 8 * i);
    code.do('i64.xor').set(row);
  });
  writeTransform(code, key, next);
  text.forEach((row, i) => {
    code
      .get(block)
      .memory('i64.load', 8 * i)
      .set(row);
  });
  code.loop(() => {
    text.forEach((row, i) => {
      code
        .get(row)
        .get(key[i] ?? row)
        .do('i64.xor')
        .set(row);
    });
    writeTransform(code, text, next);
    key.forEach((row, i) => {
      code
        .get(row)
        .get(round)
        .memory('i64.load', 8 * i)
        .do('i64.xor')
        .set(row);
    });
    writeTransform(code, key, next);
    code.get(round).i32(blockBytes).do('i32.add').tee(round).i32(stateAddress).do('i32.lt_u');
  });
  key.forEach((row, i) => {
    code
      .get(state)
      .get(state)
      .memory('i64.load', 8 * i);
    code
      .get(block)
      .memory('i64.load', 8 * i)
      .do('i64.xor')
      .get(row)
      .do('i64.xor');
    code
      .get(text[i] ?? row)
      .do('i64.xor')
      .memory('i64.store', 8 * i);
  });
}

/** LPS of RFC 6986 §8.1: octet i of all rows, substituted, makes row i. */
function writeTransform(code: WasmCode, from: readonly Local[], next: readonly Local[]): void {
  next.forEach((to, row) => {
    from.forEach((source, place) => {
      // The octet, times the eight octets of an entry.
      const shift = 8 * row - 3;
      code.get(source).i64(BigInt(Math.abs(shift)));
      code
        .do(shift < 0 ? 'i64.shl' : 'i64.shr_u', 'i32.wrap_i64')
        .i32(0xff << 3)
        .do('i32.and');
      code.memory('i64.load', tableAddress + place * 256 * 8);
      if (place > 0) code.do('i64.xor');
    });
    code.set(to);
  });
  next.forEach((row, i) => {
    code.get(row).set(from[i] ?? row);
  });
}

function writeAddToSum(code: WasmCode): void {
  const block = code.param(0);
  const address = code.local('i32');
  const carry = code.local('i64');
  const first = code.local('i64');
  const total = code.local('i64');
  code.i32(sumAddress).set(address);
  for (let i = 0; i < rows; i++) {
    code
      .get(address)
      .memory('i64.load', 8 * i)
      .tee(first);
    code
      .get(block)
      .memory('i64.load', 8 * i)
      .do('i64.add')
      .tee(total)
      .get(first);
    code.do('i64.lt_u', 'i64.extend_i32_u').get(carry).get(total).do('i64.add').tee(total);
    code.get(carry).do('i64.lt_u', 'i64.extend_i32_u', 'i64.add').set(carry);
    code
      .get(address)
      .get(total)
      .memory('i64.store', 8 * i);
  }
}

function newRows(code: WasmCode): Local[] {
  return Array.from({ length: rows }, () => code.local('i64'));
}

/**
 * What an octet adds to a row after substitution and the linear map (RFC 6986 §6.2, §6.4), little-endian, for its
 * place in the row and its value.
 */
function transformTable(): Uint8Array {
  const substitution = Buffer.from(streebogSubstitution, 'hex');
  const matrix = streebogMatrix.map((row) => BigInt(`0x${row}`));
  const table = Buffer.alloc(rows * 256 * 8);
  for (let entry = 0; entry < rows * 256; entry++) {
    const value = substitution[entry & 0xff] ?? 0;
    let sum = 0n;
    for (let bit = 0; bit < 8; bit++) {
      if (((value >> bit) & 1) === 1) sum ^= matrix[63 - 8 * (entry >> 8) - bit] ?? 0n;
    }
    table.writeBigUInt64LE(sum, 8 * entry);
  }
  return table;
}
