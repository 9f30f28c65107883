import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { domainToASCII } from 'node:url';
import { LineCounter, type Document, isMap, isNode, isScalar, parseDocument } from 'yaml';
import type * as z from 'zod';
import { ConfigError, type ConfigProblem } from './config-error.ts';
import { type GatewayConfig, completeGateway } from './gateway-settings.ts';
import { type ParsedConfig, configSchema } from './schema.ts';
import { Secret } from './secret.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The settings in force: complete, checked, frozen. Paths are absolute, domains are A-labels, secrets are read. */
export type Config = DeepReadonly<
  Omit<ParsedConfig, 'bus' | 'data' | 'domains' | 'gateway' | 'relay' | 'store'> & {
    bus: { kind: ParsedConfig['bus']['kind']; redis: WithSecret<ParsedConfig['bus']['redis']> };
    data: { folder: string; controlSocket: string };
    domains: { local: string[]; default: string; postmaster: string | undefined };
    gateway: GatewayConfig;
    relay: WithSecret<ParsedConfig['relay']>;
    store: Omit<ParsedConfig['store'], 'mongodb'> & {
      mongodb: WithSecret<ParsedConfig['store']['mongodb']>;
    };
    /** The file it came from. */
    file: string;
  }
>;

/** A server that we log in at, with the password as it is. */
type WithSecret<Server> = Server extends object
  ? Omit<Server, 'password'> & { password?: Secret }
  : undefined;

type DeepReadonly<T> = T extends Secret
  ? T
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/** Reads and checks a YAML config file. Throws `ConfigError` that names every problem with its path and line. */
export async function loadConfig(
  file: string,
  environment: Environment = process.env,
): Promise<Config> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new ConfigError(file, [{ path: '', message: reasonOf(error), line: undefined }], {
      cause: error,
    });
  }
  return parseConfig(text, file, environment);
}

/** As `loadConfig`, for a text that is at hand. `file` gives relative paths their start and problems their name. */
export function parseConfig(
  text: string,
  file: string,
  environment: Environment = process.env,
): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({
      path: '',
      message: error.message,
      line: lines.linePos(error.pos[0]).line,
    }));
    throw new ConfigError(file, problems);
  }
  const lineOf = (path: readonly PropertyKey[]): number | undefined =>
    findLine(document, lines, path);
  const parsed = configSchema.safeParse(document.toJS() ?? {}, { reportInput: false });
  if (!parsed.success)
    throw new ConfigError(
      file,
      parsed.error.issues.flatMap((i) => toProblems(i, lineOf)),
    );

  const problems: ConfigProblem[] = [];
  const report = (path: readonly string[], message: string): void => {
    problems.push({ path: path.join('.'), message, line: lineOf(path) });
  };
  const config = complete(parsed.data, file, environment, report);
  checkWhole(config, report);
  if (problems.length > 0) throw new ConfigError(file, problems);
  return deepFreeze(config);
}

type Report = (path: readonly string[], message: string) => void;

function complete(
  parsed: ParsedConfig,
  file: string,
  environment: Environment,
  report: Report,
): Config {
  const folder = dirname(resolve(file));
  const absolute = (path: string): string => resolve(folder, path);
  const asDomain = (name: string, path: readonly string[]): string => {
    const ascii = domainToASCII(name);
    if (ascii === '') report(path, 'expected a domain name');
    return ascii;
  };
  const local = parsed.domains.local.map((name, i) =>
    asDomain(name, ['domains', 'local', String(i)]),
  );
  const chosen = parsed.domains.default;
  const dataFolder = absolute(parsed.data.folder);
  const { tls } = parsed;
  const server = <Server extends LoginServer>(
    settings: Server | undefined,
    path: readonly string[],
  ): WithSecret<Server> | undefined =>
    settings &&
    completeServer(settings, absolute, environment, (message) => {
      report([...path, 'password'], message);
    });
  return {
    ...parsed,
    server: { name: asDomain(parsed.server.name, ['server', 'name']) },
    domains: {
      local,
      default: chosen === undefined ? (local[0] ?? '') : asDomain(chosen, ['domains', 'default']),
      postmaster: parsed.domains.postmaster,
    },
    data: {
      folder: dataFolder,
      controlSocket: absolute(parsed.data.controlSocket ?? `${dataFolder}/control.sock`),
    },
    tls: tls && { certificate: absolute(tls.certificate), key: absolute(tls.key) },
    relay: server(parsed.relay, ['relay']),
    store: { ...parsed.store, mongodb: server(parsed.store.mongodb, ['store', 'mongodb']) },
    bus: { ...parsed.bus, redis: server(parsed.bus.redis, ['bus', 'redis']) },
    gateway: completeGateway(parsed.gateway, {
      absolute,
      readSecret: (where, at) =>
        readSecret(where, absolute, environment, (message) => {
          report(at, message);
        }),
    }),
    file: resolve(file),
  };
}

interface LoginServer {
  readonly authority?: string | undefined;
  readonly password?: { file: string } | { env: string } | undefined;
}

function completeServer<Server extends LoginServer>(
  settings: Server,
  absolute: (path: string) => string,
  environment: Environment,
  report: (message: string) => void,
): WithSecret<Server> {
  const { password, authority, ...others } = settings;
  return {
    ...others,
    ...(authority !== undefined && { authority: absolute(authority) }),
    ...(password !== undefined && {
      password: readSecret(password, absolute, environment, report),
    }),
  } as WithSecret<Server>;
}

/** What one setting says about another. */
function checkWhole(config: Config, report: Report): void {
  if (!config.domains.local.includes(config.domains.default)) {
    report(['domains', 'default'], 'expected one of domains.local');
  }
  if (config.tls === undefined) {
    for (const name of ['submissions', 'imaps'] as const) {
      if (config.listeners[name].enabled) {
        report(['listeners', name], 'needs tls.certificate and tls.key, or enabled: false');
      }
    }
  }
  const taken = new Map<string, string>();
  for (const [name, { enabled, host, port }] of Object.entries(config.listeners)) {
    if (!enabled || port === 0) continue;
    const place = `${host} ${port}`;
    const other = taken.get(place);
    if (other !== undefined) {
      report(['listeners', name, 'port'], `is also the port of listeners.${other}`);
    }
    taken.set(place, name);
  }
  checkStore(config, report);
  const { state, operatorKey } = config.gateway;
  if (state?.signatureHeader !== undefined && operatorKey === undefined) {
    report(['gateway', 'state', 'signatureHeader'], 'needs gateway.operatorKey');
  }
  // sockaddr_un holds 108 octets on Linux, 104 elsewhere, with the final NUL.
  if (Buffer.byteLength(config.data.controlSocket) > 103) {
    report(['data', 'controlSocket'], 'is longer than the 103 octets that a socket path may have');
  }
}

/** The settings of one kind are not set beside another kind: somebody believes that they hold. */
function checkStore({ store, bus }: Config, report: Report): void {
  if (store.kind === 'mongodb') {
    if (store.mongodb === undefined) report(['store', 'mongodb'], 'is missing, for kind: mongodb');
    for (const name of ['shards', 'writers', 'readers'] as const) {
      if (store[name] !== undefined) report(['store', name], 'is a setting of kind: embedded');
    }
  } else if (store.mongodb !== undefined) {
    report(['store', 'mongodb'], 'is set, and store.kind is not mongodb');
  }
  if (bus.kind === 'redis' && bus.redis === undefined) {
    report(['bus', 'redis'], 'is missing, for kind: redis');
  } else if (bus.kind !== 'redis' && bus.redis !== undefined) {
    report(['bus', 'redis'], 'is set, and bus.kind is not redis');
  }
}

function readSecret(
  where: { file: string } | { env: string },
  absolute: (path: string) => string,
  environment: Environment,
  report: (message: string) => void,
): Secret {
  if ('env' in where) {
    const value = environment[where.env];
    if (value === undefined || value === '') report(`environment variable ${where.env} is not set`);
    return new Secret(value ?? '');
  }
  try {
    // Read once, at start: a secret that cannot be read is a wrong setting like any other.
    const value = readFileSync(absolute(where.file), 'utf8').replace(/\r?\n$/, '');
    if (value === '') report(`${where.file} is empty`);
    return new Secret(value);
  } catch (error) {
    report(`${where.file}: ${reasonOf(error)}`);
    return new Secret('');
  }
}

function toProblems(
  issue: z.core.$ZodIssue,
  lineOf: (path: readonly PropertyKey[]) => number | undefined,
): ConfigProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      return { path: path.join('.'), message: 'no such setting', line: lineOf(path) };
    });
  }
  const missing = issue.code === 'invalid_type' && lineOf(issue.path) === undefined;
  const message = missing
    ? 'is missing'
    : issue.message.replace(/^Invalid (input|option|string): /, '');
  return [{ path: issue.path.join('.'), message, line: lineOf(issue.path) }];
}

/** The line of the key that a path leads to; of the last key found, when the rest of it is not there. */
function findLine(
  document: Document.Parsed,
  lines: LineCounter,
  path: readonly PropertyKey[],
): number | undefined {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const last = path.at(-1);
  if (isMap(parent)) {
    const pair = parent.items.find(
      ({ key }) => isScalar(key) && String(key.value) === String(last),
    );
    if (isNode(pair?.key) && pair.key.range) return lines.linePos(pair.key.range[0]).line;
    return undefined;
  }
  const node = document.getIn(path, true);
  return isNode(node) && node.range ? lines.linePos(node.range[0]).line : undefined;
}

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EACCES') return 'permission denied';
  return code ?? String(error);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !(value instanceof Secret)) {
    for (const member of Object.values(value)) deepFreeze(member);
    Object.freeze(value);
  }
  return value;
}
