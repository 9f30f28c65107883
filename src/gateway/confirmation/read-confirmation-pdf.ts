import { ConfirmationError } from './confirmation-error.ts';
import type { ConfirmationFiles } from './confirmation-files.ts';
import { maxJsonBytes, maxPdfBytes, maxSignatureBytes } from './limits.ts';

/** The dictionary of an embedded file as `drawConfirmation` has it written. */
const dictionaryBytes = 1024;

/**
 * The JSON and the signature out of the pages of a confirmation. Reads what `drawConfirmation` writes, and no other PDF:
 * one that another program has saved anew has its files taken out with a PDF reader. Throws `ConfirmationError`.
 */
export function readConfirmationPdf(pdf: Uint8Array): ConfirmationFiles {
  if (pdf.length > maxPdfBytes) throw new ConfirmationError('the PDF is too long');
  const octets = Buffer.from(pdf.buffer, pdf.byteOffset, pdf.byteLength);
  const json = embedded(octets, 'application#2Fjson', maxJsonBytes);
  const cms = embedded(octets, 'application#2Fpkcs7-signature', maxSignatureBytes);
  if (json === undefined || cms === undefined) {
    throw new ConfirmationError('the PDF does not hold confirmation.json and its signature');
  }
  return { json, cms, pdf };
}

function embedded(pdf: Buffer, type: string, maxBytes: number): Uint8Array | undefined {
  const subtype = pdf.indexOf(`/Subtype /${type}\n`, 0, 'latin1');
  if (subtype < 0) return undefined;
  const dictionary = pdf.toString('latin1', subtype, subtype + dictionaryBytes);
  const [written, length = ''] = /^[^>]*?\/Length (\d{1,7})\n>>\nstream\n/.exec(dictionary) ?? [];
  if (written === undefined || Number(length) > maxBytes) return undefined;
  const start = subtype + written.length;
  return Uint8Array.from(pdf.subarray(start, start + Number(length)));
}
