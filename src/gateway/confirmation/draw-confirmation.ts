import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { dateText } from '../texts/date-text.ts';
import { type ConfirmationFacts, readConfirmationJson } from './confirmation-facts.ts';
import { confirmationWords, verifyCommand } from './confirmation-words.ts';

const pageMargin = 50;
const labelWidth = 150;
const qrSize = 92;
const require = createRequire(import.meta.url);

/**
 * The pages of a confirmation, PDF/A-3, with the JSON and the signature in them as files: Kazakh first, then Russian, one
 * line in English. The same octets for the same JSON and signature, wherever and whenever: no clock, no chance, nothing
 * compressed. So whoever verifies one draws it again and compares. Throws `ConfirmationError` for another JSON.
 */
export async function drawConfirmation(json: Uint8Array, cms: Uint8Array): Promise<Buffer> {
  const { facts } = readConfirmationJson(json);
  // Loaded here, since most processes never draw one.
  const { default: PDFDocument } = await import('pdfkit');
  const { default: qrcode } = await import('qrcode-generator');
  const issued = new Date(facts.issuedAt);
  const doc = new PDFDocument({
    size: 'A4',
    margin: pageMargin,
    subset: 'PDF/A-3b',
    pdfVersion: '1.7',
    lang: 'kk',
    compress: false,
    autoFirstPage: false,
    info: {
      Title: confirmationWords.kk.title,
      Author: facts.operator.name.kk,
      Creator: 'Zhashik',
      CreationDate: issued,
      ModDate: issued,
    },
  });
  const octets = collect(doc);
  // The library takes the fonts of old PDFs for the first page unless others are there before.
  doc.registerFont('plain', require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf'));
  doc.registerFont('bold', require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf'));
  doc.font('plain').addPage();
  const qr = qrcode(0, 'M');
  qr.addData(facts.id);
  qr.make();
  drawQr(doc, qr);
  const sha256 = createHash('sha256').update(json).digest('hex');
  for (const language of ['kk', 'ru'] as const) drawPart(doc, language, facts, sha256);
  doc.font('plain').fontSize(8.5);
  doc.text(englishLine(facts), pageMargin, doc.y + 4);
  const dates = { creationDate: issued, modifiedDate: issued };
  // PDF/A-3 asks what each file is to the pages; the types of the library do not know the option.
  const source = { ...dates, name: 'confirmation.json', relationship: 'Source' };
  doc.file(Buffer.from(json), { ...source, type: 'application/json' });
  const signature = { ...dates, name: 'confirmation.json.p7s', relationship: 'Supplement' };
  doc.file(Buffer.from(cms), { ...signature, type: 'application/pkcs7-signature' });
  doc.end();
  return octets;
}

type Doc = PDFKit.PDFDocument;

function drawPart(doc: Doc, language: 'kk' | 'ru', facts: ConfirmationFacts, sha256: string): void {
  const words = confirmationWords[language];
  const { bottom, top, left } = { bottom: doc.y, top: pageMargin, left: pageMargin };
  const first = language === 'kk';
  doc.y = first ? top : bottom + 14;
  // Beside the QR code, which is at the top on the right.
  const titleWidth = contentWidth(doc) - (first ? qrSize + 20 : 0);
  doc.font('bold').fontSize(13).text(words.title, left, doc.y, { width: titleWidth });
  doc.y = Math.max(doc.y + 8, first ? top + qrSize + 8 : 0);
  for (const [label, value] of rowsOf(language, facts)) drawRow(doc, label, value);
  doc
    .font('plain')
    .fontSize(8)
    .text(words.proof, left, doc.y + 5);
  doc.text(sha256);
  doc.text(`${words.check} ${verifyCommand}`);
}

function rowsOf(
  language: 'kk' | 'ru',
  facts: ConfirmationFacts,
): readonly (readonly [label: string, value: string])[] {
  const words = confirmationWords[language];
  const { agreement, channel, mailbox, operator, subject } = facts;
  const at = (time: string): string => timeText(time, language);
  const who: readonly (readonly [string, string])[] =
    subject.type === 'individual'
      ? [
          [words.user, subject.name],
          [words.iin, subject.iin],
        ]
      : [
          [words.user, subject.name[language]],
          [words.bin, subject.bin],
          [words.signatory, subject.signatory],
        ];
  const where =
    channel.type === 'online'
      ? words.online
      : `${words.facility} ${channel.facility}, ${words.employee} ${channel.employee}`;
  return [
    [words.id, facts.id],
    [words.operator, `${operator.name[language]}, ${words.bin} ${operator.bin}`],
    ...who,
    [words.address, mailbox.address],
    [words.level, words.levels[mailbox.level]],
    [words.createdAt, at(mailbox.createdAt)],
    [words.channel, where],
    [
      words.agreement,
      `${agreement.version}, ${words.acceptedAt}: ${at(agreement.acceptedAt)}, SHA-256 ${agreement.sha256}`,
    ],
    [words.issuedAt, at(facts.issuedAt)],
  ];
}

function drawRow(doc: Doc, label: string, value: string): void {
  const valueWidth = contentWidth(doc) - labelWidth - 10;
  doc.fontSize(9);
  const height = Math.max(
    doc.font('bold').heightOfString(value, { width: valueWidth }),
    doc.font('plain').heightOfString(label, { width: labelWidth }),
  );
  // A row is not torn between two pages.
  if (doc.y + height > doc.page.height - pageMargin) doc.addPage();
  const { y } = doc;
  doc.font('plain').text(label, pageMargin, y, { width: labelWidth });
  doc.font('bold').text(value, pageMargin + labelWidth + 10, y, { width: valueWidth });
  doc.y = y + height + 3;
}

function drawQr(doc: Doc, code: QRCode): void {
  const count = code.getModuleCount();
  const side = qrSize / count;
  const left = doc.page.width - pageMargin - qrSize;
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < count; column++) {
      if (!code.isDark(row, column)) continue;
      doc.rect(left + column * side, pageMargin + row * side, side, side);
    }
  }
  doc.fill('black');
}

function englishLine({ id, mailbox, operator }: ConfirmationFacts): string {
  const day = dateText(Date.parse(mailbox.createdAt), 'en');
  return (
    `Confirmation of registration of the electronic subscriber mailbox ${mailbox.address}, level ${mailbox.level}, ` +
    `opened on ${day} by ${operator.name.en}. Application ${id}.`
  );
}

/** `2026 ж. 22 қараша, 13:00:05, Астана уақыты (UTC+5); 2026-11-22T08:00:05Z` */
function timeText(time: string, language: 'kk' | 'ru'): string {
  const at = Date.parse(time);
  const clock = new Date(at + 5 * 3_600_000).toISOString().slice(11, 19);
  return `${dateText(at, language)}, ${clock}, ${confirmationWords[language].zone}; ${time}`;
}

function contentWidth(doc: Doc): number {
  return doc.page.width - 2 * pageMargin;
}

function collect(doc: Doc): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    doc.on('data', (part: Buffer) => parts.push(part));
    doc.on('end', () => {
      resolve(Buffer.concat(parts));
    });
    doc.on('error', reject);
  });
}
