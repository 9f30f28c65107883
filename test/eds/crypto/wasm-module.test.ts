import { expect } from 'chai';
import { WasmModule } from '../../../src/eds/crypto/wasm-module.ts';

describe('WebAssembly by hand', () => {
  /** Runs code that leaves an i64 on the stack. */
  function value(write: Parameters<WasmModule['add']>[2], ...args: readonly number[]): bigint {
    const module = new WasmModule();
    module.add('run', args.length, (code) => {
      code.i32(64);
      write(code);
      code.memory('i64.store', 0);
    });
    const instance = module.instantiate(128);
    instance.function('run')(...args);
    return new BigInt64Array(instance.memory, 64, 1)[0]!;
  }

  // Where LEB128 takes another octet, and the sign of the last one counts.
  for (const constant of [
    0n,
    63n,
    64n,
    -64n,
    -65n,
    127n,
    128n,
    8191n,
    8192n,
    -8193n,
    2n ** 32n,
    2n ** 63n - 1n,
    -(2n ** 63n),
  ]) {
    it(`holds the constant ${constant}`, () => {
      expect(value((code) => code.i64(constant))).to.equal(constant);
    });
  }

  it('has more locals, and more code, than an octet counts', () => {
    const sum = value((code) => {
      const locals = Array.from({ length: 300 }, () => code.local('i64'));
      locals.forEach((local, i) => code.i64(BigInt(i)).set(local));
      code.i64(0n);
      for (const local of locals) code.get(local).do('i64.add');
    });
    expect(sum).to.equal(44_850n);
  });

  it('repeats a loop as long as a number is left', () => {
    const sum = value((code) => {
      const [count, total] = [code.param(0), code.local('i64')];
      code.loop(() => {
        code.get(total).get(count).do('i64.extend_i32_u', 'i64.add').set(total);
        code.get(count).i32(1).do('i32.sub').tee(count);
      });
      code.get(total);
    }, 1000);
    expect(sum).to.equal(500_500n);
  });

  it('calls what was added before', () => {
    const module = new WasmModule();
    const store = module.add('store', 1, (code) => {
      code.i32(8).get(code.param(0)).memory('i32.store', 0);
    });
    module.add('run', 1, (code) => {
      code.get(code.param(0)).i32(2).do('i32.add').call(store);
    });
    const instance = module.instantiate(64);
    instance.function('run')(40);
    expect(new Int32Array(instance.memory)[2]).to.equal(42);
  });

  it('has the memory that was asked for, zeroed', () => {
    for (const bytes of [1, 65_536, 65_537]) {
      const { memory } = new WasmModule().instantiate(bytes);
      expect(memory.byteLength).to.be.at.least(bytes);
      expect(new Uint8Array(memory).every((octet) => octet === 0)).to.equal(true);
    }
  });
});
