import type { StoredContent } from '../api.ts';
import type { BodyFiles } from './body-files.ts';
import type { ContentRow } from './protocol.ts';

/** A content as a row holds it, to be read piece by piece. */
export function storedContent(files: BodyFiles, { size, octets }: ContentRow): StoredContent {
  return {
    sizeBytes: size,
    read(offset, length) {
      const end = Math.min(size, offset + length);
      if (end <= offset) return Promise.resolve(new Uint8Array());
      if (typeof octets === 'string') return files.read(octets, offset, end - offset);
      return Promise.resolve(octets.subarray(offset, end));
    },
  };
}
