import { expect } from 'chai';
import { limits } from '../../../src/gateway/state/limits.ts';
import { readAnswer } from '../../../src/gateway/state/read-answer.ts';
import { readDate } from '../../../src/gateway/state/read-date.ts';
import { readEntity } from '../../../src/gateway/state/read-entity.ts';
import { readEvents } from '../../../src/gateway/state/read-events.ts';
import { readPerson } from '../../../src/gateway/state/read-person.ts';
import { simulatedServices } from '../../../src/gateway/state/simulated-services.ts';
import { WrongAnswer } from '../../../src/gateway/state/wrong-answer.ts';
import { bin, deadIin, iin } from './state-bench.ts';

const places = simulatedServices('http://127.0.0.1:1', 'json');
const none = new Set<string>();
const answerOf = (value: unknown) => readAnswer(Buffer.from(JSON.stringify(value)), 'json');

function message(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof WrongAnswer) return error.message;
    throw error;
  }
  throw new Error('it was taken');
}

describe('fields of a state database: dates', () => {
  for (const [text, date] of [
    ['2026-07-01', '2026-07-01'],
    ['2026-07-01T00:00:00.000+05:00', '2026-07-01'],
    ['2026-07-01+05:00', '2026-07-01'],
    ['2026-07-01Z', '2026-07-01'],
    ['01.07.2026', '2026-07-01'],
    ['29.02.2024', '2024-02-29'],
    ['', undefined],
  ] as const) {
    it(`${text} is ${date ?? 'none'}`, () => {
      expect(readDate(answerOf({ d: text }), '/d')).to.equal(date);
    });
  }
  for (const text of ['2026-02-30', '29.02.2026', '2026-13-01', '1.7.2026', '2026', '07/01/2026']) {
    it(`${text} is no date`, () => {
      expect(message(() => readDate(answerOf({ d: text }), '/d'))).to.equal('/d is no date');
    });
  }
});

describe('R-13.3 fields of a state database: persons', () => {
  const person = { iin, surname: 'А', name: 'Б', lifeStatus: { code: 'ALIVE' } };
  const read = (value: unknown) => readPerson(answerOf(value), places.persons.answer, iin);

  it('a document that is not whole is left out', () => {
    const document = { type: 't', number: 'n', issuedBy: 'i', issuedOn: '2020-01-01' };
    for (const name of Object.keys(document)) {
      const part = { ...document, [name]: null };
      const found = read({ code: 'FOUND', person: { ...person, document: part } });
      expect(found, name).to.not.have.property('document');
    }
    expect(read({ code: 'FOUND', person: { ...person, document } })).to.have.property('document');
  });

  for (const [what, value, said] of [
    ['no word on whether it was found', { person }, '/code is missing'],
    ['another word', { code: 'MAYBE', person }, '/code says what is not in the mapping'],
    ['a word that objects have', { code: 'toString', person }, '/code says what is not'],
    ['found, and nobody', { code: 'FOUND' }, '/person/iin is missing'],
    ['somebody else', { code: 'FOUND', person: { ...person, iin: deadIin } }, 'somebody else'],
    ['the number as a number', { code: 'FOUND', person: { ...person, iin: [iin] } }, 'no text'],
    ['no name', { code: 'FOUND', person: { ...person, surname: '', name: ' ' } }, 'no name'],
    ['no status', { code: 'FOUND', person: { ...person, lifeStatus: {} } }, 'code is missing'],
  ] as const) {
    it(`${what}: no answer`, () => {
      expect(message(() => read(value)))
        .to.include(said)
        .and.not.include(iin);
    });
  }
});

describe('R-13.3 fields of a state database: entities', () => {
  const entity = { bin, nameKk: 'а', nameRu: 'б', status: { code: 'ACTIVE' }, headIin: iin };
  const read = (value: unknown, testIdentifiers = none) =>
    readEntity(
      answerOf({ code: 'FOUND', entity: value }),
      places.entities.answer,
      bin,
      testIdentifiers,
    );

  it('the head is taken as the state says it, whatever it adds up to', () => {
    expect(read({ ...entity, headIin: '850101399114' })?.headIin).to.equal('850101399114');
  });

  it('a head of the public test keys counts only where the configuration names it', () => {
    const head = { ...entity, headIin: '123456789011' };
    expect(message(() => read(head))).to.include('no identity number');
    expect(read(head, new Set(['123456789011']))?.headIin).to.equal('123456789011');
  });

  it('a certificate that is not whole is left out', () => {
    const certificate = { number: '1', issuedOn: '2020-01-01', issuedBy: '' };
    expect(read({ ...entity, certificate })).to.not.have.property('certificate');
  });

  for (const [what, value, said] of [
    ['another one', { ...entity, bin: '991240990115' }, 'another entity'],
    ['no Kazakh name', { ...entity, nameKk: undefined }, 'nameKk is missing'],
    ['no head', { ...entity, headIin: undefined }, 'headIin is missing'],
    ['eleven digits', { ...entity, headIin: '85010139911' }, 'no identity number'],
  ] as const) {
    it(`${what}: no answer`, () => {
      expect(message(() => read(value)))
        .to.include(said)
        .and.not.match(/\d{11}/);
    });
  }
});

describe('R-13.3 fields of a state database: events', () => {
  const event = { id: 'e1', time: '2026-11-22T13:00:00+05:00', type: 'DEATH', iin };
  const read = (events: unknown, after?: string) =>
    readEvents(answerOf({ events }), places.events.answer, after, 10, none);

  it('the time is that of its zone', () => {
    expect(read([event])[0]?.at).to.equal(Date.parse('2026-11-22T08:00:00Z'));
  });

  it('a place has so many characters and no more', () => {
    const id = 'x'.repeat(limits.cursorLength);
    expect(read([{ ...event, id }])[0]?.cursor).to.equal(id);
    expect(message(() => read([{ ...event, id: `${id}x` }]))).to.include('too long');
  });

  for (const [what, events, said] of [
    ['no place', [{ ...event, id: undefined }], '/id is missing'],
    ['the place that was asked from', [event], 'go forward'],
    [
      'a place twice',
      [
        { ...event, id: 'e2' },
        { ...event, id: 'e2' },
      ],
      'go forward',
    ],
    ['no zone', [{ ...event, time: '2026-11-22T13:00:00' }], 'no time'],
    ['no such day', [{ ...event, time: '2026-02-31T25:00:00Z' }], 'no time'],
    ['another kind', [{ ...event, type: 'BIRTH' }], 'not in the mapping'],
    ['nobody', [{ ...event, iin: undefined }], '/iin is missing'],
    ['no entity', [{ ...event, type: 'LIQUIDATED' }], '/bin is missing'],
    ['no new head', [{ ...event, type: 'HEAD', bin }], '/headIin is missing'],
    ['no new name', [{ ...event, type: 'NAME' }], 'no name'],
    ['no list', 'e1', 'no list'],
  ] as const) {
    it(`${what}: no answer`, () => {
      expect(message(() => read(events, 'e1'))).to.include(said);
    });
  }
});
