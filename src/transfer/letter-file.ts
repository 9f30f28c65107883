import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { ToCrlf } from './line-breaks.ts';

const pieceBytes = 64 * 1024;

/** Opens a regular file for reading; no link, no pipe that would never answer. */
export async function openLetterFile(path: string): Promise<FileHandle> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  const facts = await file.stat();
  if (facts.isFile()) return file;
  await file.close();
  throw Object.assign(new Error('Not a regular file'), { code: 'EINVAL' });
}

/** The octets of a file with a letter, with CRLF, piece by piece. */
export async function* readLetterFile(path: string): AsyncGenerator<Uint8Array, void, void> {
  const file = await openLetterFile(path);
  try {
    const toCrlf = new ToCrlf();
    const buffer = Buffer.allocUnsafe(pieceBytes);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, pieceBytes);
      if (bytesRead > 0) yield toCrlf.write(buffer.subarray(0, bytesRead));
      if (bytesRead < pieceBytes) return;
    }
  } finally {
    await file.close();
  }
}
