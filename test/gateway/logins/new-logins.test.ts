import { expect } from 'chai';
import fc from 'fast-check';
import { isNewLocalPart, newAddress, skeleton } from '../../../src/account/address.ts';
import type { ErrorCode } from '../../../src/gateway/texts/catalogue.ts';
import { GatewayError } from '../../../src/gateway/gateway-error.ts';
import { maxLookUps, maxVariants } from '../../../src/gateway/logins/limits.ts';
import { loginVariants } from '../../../src/gateway/logins/login-variants.ts';
import { NewLogins } from '../../../src/gateway/logins/new-logins.ts';
import type { Account } from '../../../src/store/api.ts';
import { type OpenEmbedded, openEmbedded } from '../../store/embedded/backend.ts';
import { audit } from '../../store/support.ts';

const domain = 'example.kz';

describe('NewLogins', () => {
  let opened: OpenEmbedded;
  let logins: NewLogins;
  let asked = 0;

  before(async () => {
    opened = await openEmbedded();
    const { accounts } = opened.store;
    logins = new NewLogins({
      domain,
      accounts: {
        findSkeleton: (form) => {
          asked += 1;
          return accounts.findSkeleton(form);
        },
      },
    });
    await give('aidos');
    await give('Aigerim.S');
    await give('old-friend', 'closed');
  });
  after(() => opened.remove());
  beforeEach(() => (asked = 0));

  async function give(login: string, status?: 'closed'): Promise<void> {
    const { accounts } = opened.store;
    const made = await accounts.create(
      {
        ...newAddress(`${login}@${domain}`, [domain]),
        credentials: { hash: undefined, scram: undefined },
        quota: { bytes: undefined, messages: undefined },
      },
      audit,
    );
    if (status !== undefined) await accounts.update(made.id, { status }, audit);
  }

  async function refusal(login: string): Promise<GatewayError> {
    try {
      await logins.check(login);
    } catch (error) {
      if (error instanceof GatewayError) return error;
      throw error;
    }
    throw new Error(`${login} could be given`);
  }

  it('R-11.2 gives a free login, as its owner writes it', async () => {
    expect(await logins.check(' Daniyar.K ')).to.deep.equal({
      address: 'Daniyar.K@example.kz',
      canonical: 'daniyar.k@example.kz',
      skeleton: 'danlyark@example.kz',
    });
    expect(asked).to.equal(1);
  });

  const cases: readonly (readonly [title: string, login: string, code: ErrorCode])[] = [
    ['R-11.2 a login that somebody has', 'aidos', 'LOGIN_TAKEN'],
    ['R-11.2 the same in capitals', 'AIDOS', 'LOGIN_TAKEN'],
    ['R-11.2 the same in full-width letters', 'ａｉｄｏｓ', 'LOGIN_TAKEN'],
    ['R-11.2 the same with a Cyrillic а', 'аidos', 'LOGIN_LOOKALIKE'],
    ['R-11.2 the same with a zero', 'aid0s', 'LOGIN_LOOKALIKE'],
    ['R-11.2 the same with a dot', 'ai.dos', 'LOGIN_LOOKALIKE'],
    ['R-11.2 the same with rn for m', 'aigerirn-s', 'LOGIN_LOOKALIKE'],
    ['R-4.1 that of a closed account', 'old-friend', 'LOGIN_TAKEN'],
    ['R-4.1 what looks like that of a closed account', 'o1d.friend', 'LOGIN_LOOKALIKE'],
    ['R-11.2 a name of the mail system', 'postmaster', 'LOGIN_RESERVED'],
    ['R-11.2 what looks like it', 'P0st-Master', 'LOGIN_RESERVED'],
    ['R-11.2 what looks like it in Cyrillic', 'аbusе', 'LOGIN_RESERVED'],
    ['R-11.2 a state body', 'prokuratura', 'LOGIN_RESERVED'],
    ['R-11.2 a state body in Kazakh', 'ukimet', 'LOGIN_RESERVED'],
    ['R-11.2 a state body in English', 'supreme-court', 'LOGIN_RESERVED'],
    ['R-11.2 a Cyrillic login', 'дәурен', 'LOGIN_RULES'],
    ['R-11.2 nothing', '', 'LOGIN_RULES'],
    ['R-11.2 spaces', '   ', 'LOGIN_RULES'],
    ['R-11.2 one letter', 'a', 'LOGIN_RULES'],
    ['R-11.2 65 letters', 'a'.repeat(65), 'LOGIN_RULES'],
    ['R-11.2 a whole address', 'aidos@example.kz', 'LOGIN_RULES'],
    ['R-11.2 a quoted one', '"ai dos"', 'LOGIN_RULES'],
    ['R-11.2 two dots', 'ai..dos', 'LOGIN_RULES'],
    ['R-11.2 a dot at the end', 'daniyar.', 'LOGIN_RULES'],
    ['R-11.2 a control character', 'ai\u0000dos', 'LOGIN_RULES'],
    ['R-11.2 an invisible one', 'ai\u200bdos', 'LOGIN_RULES'],
    ['R-11.2 a lone surrogate', 'ai\ud800dos', 'LOGIN_RULES'],
    ['R-11.2 a million letters', 'a'.repeat(1_000_000), 'LOGIN_RULES'],
    ['R-4.1 an IIN', '850101400011', 'LOGIN_IDENTIFIER'],
    ['R-4.1 an IIN among letters', 'iin850101400011', 'LOGIN_IDENTIFIER'],
    ['R-4.1 an IIN with separators', '850101-400011', 'LOGIN_IDENTIFIER'],
  ];
  for (const [title, login, code] of cases) {
    it(`${title}: ${code}`, async () => {
      const { code: told } = await refusal(login);
      expect(told).to.equal(code);
      expect(asked).to.be.at.most(maxLookUps);
    });
  }

  it('R-4.1 a telephone number is a login', async () => {
    expect(await logins.check('77012345678')).to.include({ canonical: '77012345678@example.kz' });
  });

  it('R-11.2 says which login it looks like', async () => {
    expect((await refusal('аidos')).params['other']).to.equal('aidos');
    expect((await refusal('aigerims')).text('en')).to.equal(
      'The login looks too much like "aigerim.s"',
    );
  });

  for (const wanted of ['aidos', 'ai-dos', 'аidos']) {
    it(`R-11.2 offers three variants of ${wanted} that are free`, async () => {
      const { params } = await refusal(wanted);
      const variants = (params['list'] ?? '').split(', ');
      expect(variants).to.have.length(maxVariants);
      for (const variant of variants) expect(await logins.check(variant)).to.be.an('object');
    });
  }

  it('R-11.2 offers no variant that somebody has or that looks like it', async () => {
    await give('popular');
    await give('popular.kz');
    for (let i = 22; i <= 99; i++) if (!/[01]/.test(String(i))) await give(`popular-${i}`);
    const { params } = await refusal('popular');
    expect(params['list']).to.match(/^popular\d{3}, popular\d{3}, popular\d{3}$/);
    expect(asked).to.be.at.most(maxLookUps);
  });

  it('R-11.2 looks up 16 times at most, though all is taken', async () => {
    let lookUps = 0;
    const holder = { canonical: 'aidos@example.kz' } as Account;
    const crowded = new NewLogins({
      domain,
      accounts: {
        findSkeleton: () => {
          lookUps += 1;
          return Promise.resolve(holder);
        },
      },
    });
    let told: unknown;
    await crowded.check('aidos').catch((error: unknown) => (told = error));
    expect(told).to.deep.include({ code: 'LOGIN_TAKEN', params: { list: '' } });
    expect(lookUps).to.equal(maxLookUps);
  });

  it('R-11.2 two of the same moment both hear that it is free: only the store gives it', async () => {
    const both = await Promise.all([logins.check('twins'), logins.check('twins')]);
    expect(both[0]).to.deep.equal(both[1]);
  });
});

describe('loginVariants', () => {
  const seed = 20261128;
  it(`are logins of their own for whatever can be wanted (seed ${seed})`, () => {
    const letter = fc.constantFrom(...Array.from('abcilmnrovw01239.-_'));
    const login = fc
      .string({ unit: letter, minLength: 2, maxLength: 64 })
      .filter((text) => isNewLocalPart(text));
    fc.assert(
      fc.property(login, fc.infiniteStream(fc.nat()), (wanted, numbers) => {
        const below = (limit: number): number => (numbers.next().value ?? 0) % limit;
        const variants = loginVariants(wanted, below);
        for (let i = 0; i < maxLookUps; i++) {
          const address = `${variants.next().value}@${domain}`;
          const { canonical } = newAddress(address, [domain], { allowReserved: true });
          expect(canonical).to.equal(address);
          expect(skeleton(canonical)).to.not.equal(skeleton(`${wanted}@${domain}`));
        }
      }),
      { seed, numRuns: 300 },
    );
  });
});
