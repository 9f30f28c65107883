import { createHash } from 'node:crypto';
import { expect } from 'chai';
import jsQR from 'jsqr';
import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs';
import {
  type ConfirmationFacts,
  confirmationJson,
} from '../../../src/gateway/confirmation/confirmation-facts.ts';
import { drawConfirmation } from '../../../src/gateway/confirmation/draw-confirmation.ts';
import { maxFactLength } from '../../../src/gateway/confirmation/limits.ts';
import { citizen, company, kazakhLetters } from './support.ts';

const cms = Buffer.from('a signature');

interface Read {
  readonly pages: number;
  /** As a reader copies it, a space for each break of a line. */
  readonly text: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** What another program finds in a PDF. */
async function read(pdf: Uint8Array): Promise<Read> {
  const loading = getDocument({ data: Uint8Array.from(pdf), verbosity: 0 });
  const document = await loading.promise;
  const texts: string[] = [];
  for (let number = 1; number <= document.numPages; number++) {
    const { items } = await (await document.getPage(number)).getTextContent();
    for (const item of items) if ('str' in item) texts.push(item.str, item.hasEOL ? ' ' : '');
  }
  const attached = (await document.getAttachments()) as Record<string, { content: Uint8Array }>;
  const files = Object.entries(attached).map(([name, { content }]) => [name, content] as const);
  const pages = document.numPages;
  await loading.destroy();
  return { pages, text: texts.join('').replace(/\s+/g, ' '), files: new Map(files) };
}

async function drawn(facts: ConfirmationFacts): Promise<Read> {
  return read(await drawConfirmation(confirmationJson(facts), cms));
}

describe('drawConfirmation', () => {
  it('R-6.2 the pages say the facts in Kazakh and Russian, as text that can be selected', async () => {
    const { pages, text } = await drawn(citizen);
    expect(pages).to.equal(1);
    expect(text).to.contain(kazakhLetters);
    for (const said of [
      'Электрондық абоненттік пошта жәшігінің тіркелгенін растау',
      'Подтверждение регистрации электронного абонентского почтового ящика',
      'Confirmation of registration of the electronic subscriber mailbox aigerim@example.kz',
      'Ұлттық пошта операторы, БСН 050140990113',
      'Национальный оператор почты, БИН 050140990113',
      'aigerim@example.kz',
      '850101399113',
      'ресми',
      'официальный',
      'интернет арқылы, ЭЦҚ-мен',
      '2026 ж. 22 қараша, 13:00:04, Астана уақыты (UTC+5); 2026-11-22T08:00:04.000Z',
      '22 ноября 2026 г., 13:00:04, время Астаны (UTC+5); 2026-11-22T08:00:04.000Z',
      'opened on 22 November 2026 by the National Postal Operator. Application ap_7F3K9Q2M4X.',
      'zhashik confirmation verify FILE',
    ]) {
      expect(text).to.contain(said);
    }
  });

  it('R-6.3 those of a company from a counter name the post office, the employee and who signed', async () => {
    const { text } = await drawn(company);
    for (const said of [
      'ЖШС «Сынақ»',
      'ТОО «Проба»',
      '160841000015',
      'СЫНАҚ БАСШЫ',
      'өндірістік объект 050000-12, қызметкер e-117',
      'производственный объект 050000-12, работник e-117',
      'негізгі',
      'базовый',
    ]) {
      expect(text).to.contain(said);
    }
  });

  it('R-6.2 the pages hold the JSON and its signature as files, and name its SHA-256', async () => {
    const json = confirmationJson(citizen);
    const { files, text } = await read(await drawConfirmation(json, cms));
    expect([...files.keys()]).to.deep.equal(['confirmation.json', 'confirmation.json.p7s']);
    expect(Buffer.from(files.get('confirmation.json')!).equals(json)).to.equal(true);
    expect(Buffer.from(files.get('confirmation.json.p7s')!).equals(cms)).to.equal(true);
    expect(text).to.contain(createHash('sha256').update(json).digest('hex'));
  });

  it('R-6.2 the QR code is the id', async () => {
    const pdf = await drawConfirmation(confirmationJson(citizen), cms);
    const squares = [...pdf.toString('latin1').matchAll(/^([\d.]+) ([\d.]+) ([\d.]+) \3 re$/gm)];
    const [left, top, side] = [1, 2, 3].map((i) =>
      Math.min(...squares.map((one) => Number(one[i]))),
    );
    // Four modules of white around, as in ISO/IEC 18004 9.1; four pixels a module.
    const modules = 21 + 8;
    const width = 4 * modules;
    const pixels = new Uint8ClampedArray(4 * width * width).fill(255);
    for (const [, x, y] of squares) {
      const column = Math.round((Number(x) - left!) / side!) + 4;
      const row = Math.round((Number(y) - top!) / side!) + 4;
      for (let dy = 0; dy < 4; dy++) {
        const start = 4 * ((4 * row + dy) * width + 4 * column);
        for (let i = start; i < start + 16; i++) if (i % 4 < 3) pixels[i] = 0;
      }
    }
    const decode = jsQR as unknown as typeof jsQR.default;
    expect(decode(pixels, width, width)?.data).to.equal(citizen.id);
  });

  // Another digest here means another `confirmationLayout` there: pages of before are no longer drawn the same.
  it('R-6.2 layout 1 is the same octets for ever', async () => {
    const digests: string[] = [];
    for (const facts of [citizen, company]) {
      const pdf = await drawConfirmation(confirmationJson(facts), cms);
      digests.push(createHash('sha256').update(pdf).digest('hex').slice(0, 16));
    }
    expect(digests).to.deep.equal(['63e42588fbe6e097', '5704e6d42334ca00']);
  });

  it('takes names as long as they may be, on as many pages as they need', async () => {
    const long = 'Ұ'.repeat(40) + ' ';
    const name = long.repeat(20).slice(0, maxFactLength - 1) + 'Я';
    const { pages, text } = await drawn({
      ...company,
      operator: { ...company.operator, name: { kk: name, ru: name, en: name } },
      subject: {
        type: 'legalEntity',
        bin: '160841000015',
        name: { kk: name, ru: name },
        signatory: name,
      },
      mailbox: { ...company.mailbox, address: `${'a'.repeat(400)}@example.kz` },
    });
    expect(pages).to.be.within(2, 6);
    expect(text.split('Я').length - 1).to.be.at.least(6);
    expect(text).to.contain('базовый').and.contain('Application ap_7F3K9Q2M4X.');
  });
});
