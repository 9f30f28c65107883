import * as z from 'zod';
import type { Secret } from './secret.ts';
import { networks, path, secret } from './setting-types.ts';
import { state } from './state-settings.ts';

const operatorName = z.string().min(1).max(300);

/** Who may have a mailbox, and how the server knows. */
export const gateway = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe(
        'Whether mailboxes are given by applications, with a unified base; else accounts are made by commands alone.',
      ),
    origin: z
      .url({ protocol: /^https$/, error: 'expected an address such as https://mail.example.kz' })
      .transform((url) => new URL(url).origin)
      .optional()
      .describe('The site as people see it; the server name over https when left out.'),
    proxyNetworks: networks
      .default([])
      .describe('Peers of the `http` listener that tell the real client in X-Forwarded-For.'),
    clientCertificates: z
      .boolean()
      .default(false)
      .describe('Whether `http` asks for certificates, so that state bodies can show theirs.'),
    agreements: path
      .default('agreement')
      .describe('The folder with the versions of the user agreement.'),
    trust: z
      .enum(['production', 'test'])
      .default('production')
      .describe('The trust store that signatures of people are verified with.'),
    operator: z
      .strictObject({
        bin: z
          .string()
          .regex(/^[0-9]{12}$/, { error: 'expected twelve digits' })
          .describe('Its business identification number.'),
        names: z
          .strictObject({
            kk: operatorName.describe('In Kazakh.'),
            ru: operatorName.describe('In Russian.'),
            en: operatorName.describe('In English.'),
          })
          .describe('How it is called.'),
      })
      .optional()
      .describe('The postal operator, as confirmations and phones show it.'),
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
  const { identityKeyFile, operatorKey, agreements, state: databases } = parsed;
  const files = <Service extends ServiceFiles>(service: Service): Service => ({
    ...service,
    authority: service.authority && absolute(service.authority),
    certificate: service.certificate && absolute(service.certificate),
    key: service.key && absolute(service.key),
  });
  return {
    ...parsed,
    agreements: absolute(agreements),
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
