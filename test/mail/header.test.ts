import { expect } from 'chai';
import { readHeaderFields } from '../../src/mail/header.ts';
import { maxHeaderFields } from '../../src/mail/limits.ts';

describe('readHeaderFields', () => {
  it('gives names and offsets, and stops at the empty line', () => {
    const block = Buffer.from(
      'From x\r\nA: 1\r\nB-c \t:\r\n two\r\n\tthree\r\n: no name\r\nno colon\nD:4\n\r\nE: 5\r\n',
    );
    const fields = readHeaderFields(block).map((field) => [
      field.name,
      field.nameLower,
      block.toString('latin1', field.start, field.end),
      block.toString('latin1', field.valueStart, field.end),
    ]);
    expect(fields).to.deep.equal([
      ['A', 'a', 'A: 1\r\n', ' 1\r\n'],
      ['B-c', 'b-c', 'B-c \t:\r\n two\r\n\tthree\r\n', '\r\n two\r\n\tthree\r\n'],
      ['D', 'd', 'D:4\n', '4\n'],
    ]);
  });

  it('reads a block without a last line break', () => {
    expect(readHeaderFields(Buffer.from('A: b'))).to.have.length(1);
    expect(readHeaderFields(Buffer.alloc(0))).to.have.length(0);
  });

  it('gives no more fields than the limit', () => {
    const block = Buffer.from('A: b\r\n'.repeat(maxHeaderFields + 10));
    expect(readHeaderFields(block)).to.have.length(maxHeaderFields);
  });
});
