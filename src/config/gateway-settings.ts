import * as z from 'zod';
import type { Secret } from './secret.ts';
import { path, secret } from './setting-types.ts';
import { state } from './state-settings.ts';

/** Who may have a mailbox, and how the server knows. */
export const gateway = z
  .strictObject({
    identityKeyFile: path
      .optional()
      .describe(
        'The secrets that identity numbers are hidden with; `identity.key` in the data folder, made at the first start, when left out.',
      ),
    testIdentifiers: z
      .array(z.string().regex(/^[0-9]{12}$/, { error: 'expected twelve digits' }))
      .max(100)
      .default([])
      .describe(
        'IIN and BIN of test keys that count although their check digit is wrong; none where real people are served.',
      ),
    operatorKey: z
      .strictObject({
        file: path.describe('PKCS #12 file: the key, its certificate and those above it.'),
        password: secret.describe('The password of that file.'),
      })
      .optional()
      .describe('The key that the operator signs with.'),
    state: state.optional(),
  })
  .prefault({})
  .describe('Who may have a mailbox: identity numbers, applications, the unified base.');

type ParsedGateway = z.output<typeof gateway>;

/** The settings as the server uses them. */
export type GatewayConfig = Omit<ParsedGateway, 'operatorKey'> & {
  operatorKey: { file: string; password: Secret } | undefined;
};

/** What a config file says of its surroundings. */
export interface Surroundings {
  readonly absolute: (path: string) => string;
  /** `at` is where it is set, for what is wrong with it. */
  readonly readSecret: (where: z.output<typeof secret>, at: readonly string[]) => Secret;
}

/** The settings with absolute paths, and secrets read. */
export function completeGateway(
  parsed: ParsedGateway,
  { absolute, readSecret }: Surroundings,
): GatewayConfig {
  const { identityKeyFile, operatorKey, state: databases } = parsed;
  const files = <Service extends ServiceFiles>(service: Service): Service => ({
    ...service,
    authority: service.authority && absolute(service.authority),
    certificate: service.certificate && absolute(service.certificate),
    key: service.key && absolute(service.key),
  });
  return {
    ...parsed,
    identityKeyFile: identityKeyFile && absolute(identityKeyFile),
    operatorKey: operatorKey && {
      file: absolute(operatorKey.file),
      password: readSecret(operatorKey.password, ['gateway', 'operatorKey', 'password']),
    },
    state: databases && {
      ...databases,
      persons: files(databases.persons),
      entities: files(databases.entities),
      events: databases.events && files(databases.events),
    },
  };
}

interface ServiceFiles {
  readonly authority?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}
