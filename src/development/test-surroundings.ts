import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readTestMember, serveTestAuthority } from '../admin/serve-test-authority.ts';
import { makeTestAuthority } from '../admin/test-authority.ts';
import { importTrust, trustFolderOf } from '../admin/trust-store.ts';
import type { Config } from '../config/loader.ts';
import type { Clock } from '../core/clock.ts';
import type { Member } from '../eds/authority/test-authority.ts';
import { simulatedServices } from '../gateway/state/simulated-services.ts';
import { StateSimulator } from '../gateway/state/simulator.ts';

const hour = 3_600_000;

/** Who registers in the demonstration. */
export interface DemoPeople {
  readonly citizen: Member;
  /** The first head of the company. */
  readonly head: Member;
}

/**
 * What surrounds the gateway of a country, on this machine: an authority with its services, and the state databases.
 * Nothing of it counts in production.
 */
export class TestSurroundings {
  /** Where keys and certificates of the test authority are. */
  readonly folder: string;
  /** The config with the addresses of the simulated services. */
  readonly config: Config;
  readonly operator: Member;
  readonly people: DemoPeople;
  readonly #close: () => Promise<void>;

  private constructor(
    folder: string,
    config: Config,
    operator: Member,
    people: DemoPeople,
    close: () => Promise<void>,
  ) {
    this.folder = folder;
    this.config = config;
    this.operator = operator;
    this.people = people;
    this.#close = close;
  }

  /** Made on the first start, and kept in the data folder. */
  static async open(config: Config, clock: Clock): Promise<TestSurroundings> {
    const folder = join(config.data.folder, 'test-authority');
    if (!existsSync(folder)) {
      await makeTestAuthority({ folder, family: 'ecdsa', now: clock.now(), apply: true });
    }
    const root = await readTestMember(folder, 'ca/root');
    await importTrust({
      folder: trustFolderOf(config.data.folder, 'test'),
      profile: 'test',
      files: [join(folder, 'ca/root.cer'), join(folder, 'ca/issuing.cer')],
      known: [root.certificate.fingerprint],
      apply: true,
      at: clock.now(),
      actor: 'system:development',
    });
    const authority = await serveTestAuthority(folder, 0, clock);
    const state = new StateSimulator({ clock });
    state.addPerson({ iin: '850101399113', surname: 'ҮЛГІ', name: 'АЙГЕРІМ' });
    state.addPerson({ iin: '991231499118', surname: 'ҮЛГІ', name: 'ДӘУЛЕТ' });
    state.addPerson({ iin: '040115699117', surname: 'ҮЛГІ', name: 'САУЛЕ' });
    state.addEntity({
      bin: '050140990113',
      nameKk: 'ЖШС «ҮЛГІ»',
      nameRu: 'ТОО «УЛГИ»',
      headIin: '850101399113',
    });
    const services = simulatedServices(await state.listen(), 'json');
    const close = async (): Promise<void> => {
      await state.close();
      await authority.close();
    };
    const { ocsp, timestamps, crl } = authority.urls;
    return new TestSurroundings(
      folder,
      {
        ...config,
        eds: { ...config.eds, ocsp, timestamps, crls: [crl] },
        gateway: {
          ...config.gateway,
          trust: 'test',
          state: {
            persons: { ...services.persons, cleartext: true },
            entities: { ...services.entities, cleartext: true },
            events: { ...services.events, cleartext: true, everyMs: hour },
          },
        },
      },
      await readTestMember(folder, 'users/operator'),
      {
        citizen: await readTestMember(folder, 'users/person'),
        head: await readTestMember(folder, 'users/head'),
      },
      close,
    );
  }

  close(): Promise<void> {
    return this.#close();
  }
}
