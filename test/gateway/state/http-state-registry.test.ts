import { createHash } from 'node:crypto';
import { expect } from 'chai';
import type { Bin, Iin } from '../../../src/gateway/identifiers/values.ts';
import { limits } from '../../../src/gateway/state/limits.ts';
import { simulatedServices } from '../../../src/gateway/state/simulated-services.ts';
import type { StateBehaviour } from '../../../src/gateway/state/simulator.ts';
import type { SignedRequest } from '../../../src/gateway/state/state-service.ts';
import { StateUnavailable } from '../../../src/gateway/state/state-unavailable.ts';
import { StateBench, bin, deadIin, iin, moment, query } from './state-bench.ts';

const nobody = '850101400011' as Iin;
const nothing = '160841000015' as Bin;

async function unavailable(asked: Promise<unknown>): Promise<StateUnavailable> {
  try {
    await asked;
  } catch (error) {
    if (error instanceof StateUnavailable) return error;
    throw error;
  }
  throw new Error('there was an answer');
}

describe('R-13.3 state databases', () => {
  let bench: StateBench;
  beforeEach(() => {
    bench = new StateBench();
  });
  afterEach(async () => {
    await bench.close();
  });

  for (const format of ['json', 'xml'] as const) {
    describe(`in ${format}`, () => {
      it('R-13.3 finds a person, letter for letter, with the digest of the answer', async () => {
        const registry = await bench.open(format);
        const answer = await registry.person(iin, query);
        expect(answer.found).to.deep.equal({
          iin,
          name: { surname: 'Әуезов', given: 'Ерлан', patronymic: 'Қайратұлы <&>' },
          status: 'alive',
          document: {
            type: 'УДОСТОВЕРЕНИЕ РК',
            number: '012345678',
            issuer: 'ҚР ІІМ',
            issuedOn: '2020-02-29',
            validUntil: '2030-02-28',
          },
          address: { text: 'Астана, Мәңгілік Ел, 8', postcode: 'Z05T3D0' },
        });
        expect(answer.at).to.equal(moment);
        expect(answer.sha256).to.match(/^[0-9a-f]{64}$/);
        expect(bench.requests[0]?.body.toString()).to.include(answer.requestId);
      });

      it('R-13.3 finds an entity', async () => {
        const registry = await bench.open(format);
        expect((await registry.entity(bin, query)).found).to.deep.equal({
          bin,
          nameKk: '«Хат» ЖШС',
          nameRu: 'ТОО «Хат»',
          status: 'active',
          headIin: iin,
          certificate: { number: '1-1', issuedOn: '2005-01-20', issuedBy: 'Әділет' },
          legalAddress: { text: 'Алматы, Абай, 1' },
        });
      });

      it('R-13.3 says when there is none', async () => {
        const registry = await bench.open(format);
        expect((await registry.person(nobody, query)).found).to.equal(undefined);
        expect((await registry.entity(nothing, query)).found).to.equal(undefined);
      });

      it('R-13.3 says that a person is dead; one name is a name', async () => {
        const registry = await bench.open(format);
        expect((await registry.person(deadIin, query)).found).to.deep.equal({
          iin: deadIin,
          name: { surname: 'Ким', given: '' },
          status: 'dead',
        });
      });

      it('R-13.3 sees a new name, a new head and a liquidation', async () => {
        const registry = await bench.open(format);
        bench.simulator.setName(iin, 'Сәбит', 'Ерлан');
        expect((await registry.person(iin, query)).found?.name.surname).to.equal('Сәбит');
        bench.simulator.setHead(bin, deadIin);
        bench.simulator.setStatus(bin, 'IN_LIQUIDATION');
        expect((await registry.entity(bin, query)).found).to.deep.include({
          status: 'inLiquidation',
          headIin: deadIin,
        });
        bench.simulator.setStatus(bin, 'LIQUIDATED');
        expect((await registry.entity(bin, query)).found?.status).to.equal('liquidated');
      });

      it('R-13.3 reads the feed from a place on', async () => {
        const registry = await bench.open(format);
        expect(await registry.events(undefined, 10)).to.deep.equal([]);
        bench.simulator.setLifeStatus(iin, 'DEAD');
        bench.simulator.setLifeStatus(iin, 'ALIVE');
        bench.simulator.setName(iin, 'Сәбит', 'Ерлан');
        bench.simulator.tell({ type: 'ADDRESS', iin });
        bench.simulator.setStatus(bin, 'IN_LIQUIDATION');
        bench.simulator.setStatus(bin, 'LIQUIDATED');
        bench.simulator.setHead(bin, deadIin);
        const at = moment;
        const all = await registry.events(undefined, 10);
        expect(all).to.deep.equal([
          { cursor: 'e1', at, kind: 'death', iin },
          { cursor: 'e2', at, kind: 'death-cancelled', iin },
          { cursor: 'e3', at, kind: 'name', iin, name: { surname: 'Сәбит', given: 'Ерлан' } },
          { cursor: 'e4', at, kind: 'ignored' },
          { cursor: 'e5', at, kind: 'liquidation-begun', bin },
          { cursor: 'e6', at, kind: 'liquidated', bin },
          { cursor: 'e7', at, kind: 'head', bin, headIin: deadIin },
        ]);
        expect(await registry.events('e2', 3)).to.deep.equal(all.slice(2, 5));
        expect(await registry.events('e7', 3)).to.deep.equal([]);
      });

      const troubles: readonly [StateBehaviour, StateUnavailable['trouble'], number][] = [
        ['down', 'silent', 3],
        ['cut-off', 'silent', 3],
        ['page-instead', 'unreadable', 3],
        ['huge', 'unreadable', 3],
        ['forbidden', 'refused', 1],
        ['redirect', 'refused', 1],
        ['somebody-else', 'wrong', 1],
        ['unknown-words', 'wrong', 1],
      ];
      for (const [behaviour, trouble, attempts] of troubles) {
        it(`R-13.3 ${behaviour}: no answer, after ${attempts} attempts`, async () => {
          const registry = await bench.open(format);
          bench.simulator.behaviour = behaviour;
          const person = await unavailable(registry.person(iin, query));
          expect(person).to.deep.include({ trouble, restsUntil: undefined });
          expect(bench.requests).to.have.lengthOf(attempts);
          expect(bench.pauses).to.deep.equal([75, 150].slice(0, attempts - 1));
          expect((await unavailable(registry.entity(bin, query))).trouble).to.equal(trouble);
        });
      }

      it('R-13.3 slow: no answer, in time', async () => {
        const registry = await bench.open(format, { timeoutMs: 50, attempts: 2 });
        bench.simulator.behaviour = 'slow';
        const { trouble, message } = await unavailable(registry.person(iin, query));
        expect(trouble).to.equal('silent');
        expect(message).to.include('50 ms');
        // On a busy machine the time may be over before a request has come.
        expect(bench.pauses).to.have.lengthOf(1);
      });

      it('R-13.3 down once: an answer', async () => {
        const registry = await bench.open(format);
        bench.simulator.behaviour = 'down-once';
        expect((await registry.person(iin, query)).found?.iin).to.equal(iin);
        expect(bench.requests).to.have.lengthOf(2);
      });
    });
  }

  it('R-13.3 nobody listens: no answer', async () => {
    const registry = await bench.open('json');
    await bench.simulator.close();
    const failure = await unavailable(registry.person(iin, query));
    expect(failure.trouble).to.equal('silent');
    expect(failure.message).to.equal('ECONNREFUSED');
  });

  it('R-13.3 rests after failures in a row, and then one attempt decides', async () => {
    const registry = await bench.open('json', { failuresToRest: 2, restMs: 1000 });
    bench.simulator.behaviour = 'down';
    // The third attempt of three is not made.
    const first = await unavailable(registry.person(iin, query));
    expect(first).to.deep.include({ trouble: 'resting', restsUntil: moment + 1000 });
    expect(bench.requests).to.have.lengthOf(2);
    await unavailable(registry.person(iin, query));
    expect(bench.requests).to.have.lengthOf(2);
    // Each service rests alone.
    expect((await unavailable(registry.entity(bin, query))).trouble).to.equal('resting');
    expect(bench.requests).to.have.lengthOf(4);

    bench.now += 1000;
    await unavailable(registry.person(iin, query));
    expect(bench.requests).to.have.lengthOf(5);
    bench.now += 1000;
    bench.simulator.behaviour = 'right';
    expect((await registry.person(iin, query)).found?.iin).to.equal(iin);
    expect((await registry.person(iin, query)).found?.iin).to.equal(iin);
  });

  it('R-13.3 wrong answers about one person do not let the service rest', async () => {
    const registry = await bench.open('json', { failuresToRest: 2 });
    bench.simulator.behaviour = 'somebody-else';
    for (let i = 0; i < 5; i++) {
      expect((await unavailable(registry.person(iin, query))).trouble).to.equal('wrong');
    }
  });

  it('R-13.4 writes down before it asks: why, by what right, for whom; about whom is hidden', async () => {
    let heard = -1;
    const append = (entry: (typeof bench.audit)[0]): Promise<void> => {
      heard = bench.requests.length;
      bench.audit.push(entry);
      return Promise.resolve();
    };
    const registry = await bench.open('json', {}, { audit: { append } });
    const { requestId, sha256 } = await registry.person(iin, query);
    expect(heard).to.equal(0);
    const about = {
      integration: 'persons',
      agreement: 'SIM-1',
      requestId,
      purpose: 'registration',
      reference: 'ap_1',
    };
    expect(bench.audit).to.deep.equal([
      {
        actor: 'application:ap_1',
        action: 'state.persons',
        detail: {
          ...about,
          legalBasis: 'Ереже, 13-тармақ',
          subject: bench.vault.key({ type: 'individual', iin }),
        },
      },
    ]);
    expect(bench.noted.lines).to.deep.equal([
      { level: 'info', event: 'state-answered', fields: { ...about, attempts: 1, ms: 0, sha256 } },
    ]);
  });

  it('R-13.4 does not ask what it cannot write down', async () => {
    const append = (): Promise<void> => Promise.reject(new Error('the disk is full'));
    const registry = await bench.open('json', {}, { audit: { append } });
    const failure = await registry.person(iin, query).catch((error: unknown) => error);
    expect(String(failure)).to.include('the disk is full');
    expect(bench.requests).to.have.lengthOf(0);
  });

  it('R-3.3 log, audit and errors have neither identity number nor name, whatever happens', async () => {
    const registry = await bench.open('json', { attempts: 1, failuresToRest: 100 });
    const errors: string[] = [];
    for (const behaviour of [
      'right',
      'down',
      'page-instead',
      'somebody-else',
      'unknown-words',
      'huge',
      'cut-off',
    ] as const) {
      bench.simulator.behaviour = behaviour;
      for (const ask of [() => registry.person(iin, query), () => registry.entity(bin, query)]) {
        await ask().catch((error: unknown) => {
          const { message, stack, cause } = error as Error;
          errors.push(message, String(stack), String(cause));
        });
      }
    }
    expect(errors).to.have.lengthOf(6 * 2 * 3);
    const written = JSON.stringify([bench.noted.lines, bench.audit, errors]);
    for (const personal of [iin, bin, '991231499118', '991240990115', 'Әуезов', 'Хат']) {
      expect(written).to.not.include(personal);
    }
  });

  it('R-13.4 sends what the template says, with a signature of it', async () => {
    const signRequest = (body: Uint8Array): Promise<SignedRequest> =>
      Promise.resolve({
        body,
        headers: { 'x-signature': createHash('sha256').update(body).digest('base64') },
      });
    const registry = await bench.open('json', {}, { signRequest });
    await registry.person(iin, query);
    const { headers, body, path } = bench.requests[0]!;
    expect(path).to.equal('/json/persons');
    expect(headers).to.deep.include({
      'content-type': 'application/json',
      'x-signature': createHash('sha256').update(body).digest('base64'),
      'user-agent': 'Zhashik',
    });
    expect(JSON.parse(body.toString())).to.deep.include({
      iin,
      purpose: 'registration',
      agreement: 'SIM-1',
      legalBasis: 'Ереже, 13-тармақ',
      time: '2026-11-22T08:00:00.000Z',
    });
  });

  it('R-13.4 a signature may be in the request itself', async () => {
    const signRequest = (body: Uint8Array): Promise<SignedRequest> =>
      Promise.resolve({
        body: Buffer.concat([body, Buffer.from('<!-- signed -->')]),
        headers: {},
      });
    const registry = await bench.open('xml', {}, { signRequest });
    expect((await registry.person(iin, query)).found?.iin).to.equal(iin);
    const { headers, body } = bench.requests[0]!;
    expect(body.toString()).to.match(/<!-- signed -->$/);
    expect(headers).to.deep.include({
      soapaction: '"persons"',
      'content-type': 'text/xml; charset=utf-8',
    });
  });

  it('R-13.4 a signature that cannot be made: no answer, and nothing is sent', async () => {
    const signRequest = (): Promise<SignedRequest> => Promise.reject(new Error('no token'));
    const registry = await bench.open('json', {}, { signRequest });
    expect((await unavailable(registry.person(iin, query))).trouble).to.equal('refused');
    expect(bench.requests).to.have.lengthOf(0);
  });

  it('asks nothing where there is no feed', async () => {
    const { persons, entities } = simulatedServices(await bench.simulator.listen(), 'json');
    expect(await bench.openAt({ persons, entities }).events(undefined, 10)).to.deep.equal([]);
    expect(bench.requests).to.have.lengthOf(0);
  });

  it('refuses a feed that does not go forward, and one that says more than was asked for', async () => {
    const services = simulatedServices(await bench.simulator.listen(), 'json');
    const template = JSON.stringify({ limit: '9' });
    const stuck = bench.openAt({ ...services, events: { ...services.events, template } });
    bench.simulator.setLifeStatus(iin, 'DEAD');
    expect(await stuck.events(undefined, 1)).to.have.lengthOf(1);
    expect((await unavailable(stuck.events('e1', 1))).message).to.include('go forward');
    bench.simulator.setLifeStatus(iin, 'ALIVE');
    expect((await unavailable(stuck.events(undefined, 1))).message).to.include('more events');
  });

  it('refuses templates that make no request of their format', async () => {
    const { persons, entities } = simulatedServices(await bench.simulator.listen(), 'json');
    for (const template of ['{"iin": "{{iin}}"', '{"bin": "{{bin}}"}', '{"iin": "{{toString}}"}']) {
      const wrong = { persons: { ...persons, template }, entities };
      expect(() => bench.openAt(wrong), template).to.throw(RangeError);
    }
    const template = '{"n": {{iin}}, "e": "{{reference}}"}';
    bench.openAt({ persons: { ...persons, template }, entities });
  });

  it('takes an answer of the largest size and no larger', async () => {
    const registry = await bench.open('json', { answerBytes: 4096, attempts: 1 });
    const person = { iin: nobody, surname: 'А', name: 'Б', extra: '' };
    const answer = { requestId: '', code: 'FOUND', person };
    const least =
      Buffer.byteLength(JSON.stringify(answer)) +
      Buffer.byteLength(',"lifeStatus":{"code":"ALIVE"}') +
      'a0a0a0a0-a0a0-a0a0-a0a0-a0a0a0a0a0a0'.length;
    const ask = (bytes: number) => {
      const padded = { ...person, extra: 'x'.repeat(bytes - least) };
      bench.simulator.addPerson(padded);
      return registry.person(nobody, query);
    };
    expect((await ask(4096)).found?.iin).to.equal(nobody);
    expect((await unavailable(ask(4097))).message).to.include('4096 octets');
  });

  it('takes fields of the longest length and no longer, without control characters', async () => {
    const registry = await bench.open('json');
    const ask = (surname: string, text: string) => {
      bench.simulator.addPerson({ iin: nobody, surname, name: 'Б', address: { text } });
      return registry.person(nobody, query);
    };
    const { nameLength, fieldLength } = limits;
    const { found } = await ask('ж'.repeat(nameLength), 'x'.repeat(fieldLength));
    expect(found?.address?.text).to.have.lengthOf(fieldLength);
    for (const [surname, text] of [
      ['ж'.repeat(nameLength + 1), 'x'],
      ['Ж', 'x'.repeat(fieldLength + 1)],
      ['Ж', 'a\nb'],
      ['Ж', 'a\u0000b'],
      ['Ж', 'a\u2028b'],
      ['Ж\u007fЖ', 'b'],
      ['Ж\ud800Ж', 'b'],
    ] as const) {
      expect((await unavailable(ask(surname, text))).trouble, JSON.stringify(text)).to.equal(
        'wrong',
      );
    }
  });
});
