import type { StateQuery } from '../../../src/gateway/api.ts';
import type { Bin, Iin } from '../../../src/gateway/identifiers/values.ts';
import {
  HttpStateRegistry,
  type StateOptions,
} from '../../../src/gateway/state/http-state-registry.ts';
import type { StateFormat } from '../../../src/gateway/state/service-options.ts';
import { simulatedServices } from '../../../src/gateway/state/simulated-services.ts';
import { type SeenRequest, StateSimulator } from '../../../src/gateway/state/simulator.ts';
import type { StateTools } from '../../../src/gateway/state/state-service.ts';
import { IdentityVault } from '../../../src/gateway/vault/identity-vault.ts';
import { VaultSecret } from '../../../src/gateway/vault/vault-secret.ts';
import type { AuditEntry } from '../../../src/store/api.ts';
import { noteLog } from '../../support/note-log.ts';

export const iin = '850101399113' as Iin;
export const deadIin = '991231499118' as Iin;
export const bin = '050140990113' as Bin;
export const query: StateQuery = {
  purpose: 'registration',
  actor: 'application:ap_1',
  reference: 'ap_1',
};
export const moment = Date.parse('2026-11-22T08:00:00Z');

/** A registry that asks a simulator, with all that it wrote, sent and waited for. */
export class StateBench {
  now = moment;
  readonly simulator: StateSimulator;
  readonly requests: SeenRequest[] = [];
  readonly audit: AuditEntry[] = [];
  readonly pauses: number[] = [];
  readonly vault = new IdentityVault([new VaultSecret(new Uint8Array(32).fill(1))]);
  readonly noted = noteLog();
  readonly #registries: HttpStateRegistry[] = [];

  constructor(tls?: ConstructorParameters<typeof StateSimulator>[0]['tls']) {
    this.simulator = new StateSimulator({
      clock: { now: () => this.now },
      onRequest: (request) => this.requests.push(request),
      ...(tls && { tls }),
    });
    this.simulator.addPerson({
      iin,
      surname: 'Әуезов',
      name: 'Ерлан',
      patronymic: 'Қайратұлы <&>',
      document: {
        type: 'УДОСТОВЕРЕНИЕ РК',
        number: '012345678',
        issuedBy: 'ҚР ІІМ',
        issuedOn: '2020-02-29',
        validUntil: '28.02.2030',
      },
      address: { text: 'Астана, Мәңгілік Ел, 8', postcode: 'Z05T3D0' },
    });
    this.simulator.addPerson({ iin: deadIin, surname: 'Ким', name: '', lifeStatus: 'DEAD' });
    this.simulator.addEntity({
      bin,
      nameKk: '«Хат» ЖШС',
      nameRu: 'ТОО «Хат»',
      headIin: iin,
      certificate: { number: '1-1', issuedOn: '2005-01-20', issuedBy: 'Әділет' },
      address: { text: 'Алматы, Абай, 1' },
    });
  }

  /** Pauses end at once. */
  async open(
    format: StateFormat,
    change: Parameters<typeof simulatedServices>[2] = {},
    tools: Partial<StateTools> = {},
  ): Promise<HttpStateRegistry> {
    const patience = { timeoutMs: 10_000, pauseMs: 100, attempts: 3, ...change };
    const services = simulatedServices(await this.simulator.listen(), format, patience);
    return this.openAt(services, tools);
  }

  openAt(
    services: Omit<StateOptions, 'testIdentifiers'>,
    tools: Partial<StateTools> = {},
  ): HttpStateRegistry {
    const registry = new HttpStateRegistry(
      { ...services, testIdentifiers: new Set() },
      {
        clock: { now: () => this.now },
        log: this.noted.log,
        audit: {
          append: (entry) => {
            this.audit.push(entry);
            return Promise.resolve();
          },
        },
        vault: this.vault,
        random: () => 0.5,
        pause: (ms) => {
          this.pauses.push(ms);
          return Promise.resolve();
        },
        ...tools,
      },
    );
    this.#registries.push(registry);
    return registry;
  }

  async close(): Promise<void> {
    for (const registry of this.#registries) registry.close();
    await this.simulator.close();
  }
}
