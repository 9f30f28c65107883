import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import * as z from 'zod';
import { parseConfig } from '../../src/config/loader.ts';

/*
 * There is no Docker where the tests run: the file is held against what Compose takes of it, as strictly as this file
 * needs, and against the files it names.
 */
const secretUse = z.union([
  z.string(),
  z.strictObject({ source: z.string(), target: z.string().min(1) }),
]);
const networkUse = z.union([
  z.array(z.string()),
  z.record(z.string(), z.strictObject({ aliases: z.array(z.string()) })),
]);
const service = z.strictObject({
  image: z.string().regex(/^[a-z/-]+:[\w.-]+$/),
  restart: z.enum(['no', 'always', 'on-failure', 'unless-stopped']),
  // Compose would take a number or a boolean, and mean something else.
  command: z.array(z.string()).min(1),
  networks: networkUse,
  secrets: z.array(secretUse),
  volumes: z.array(z.string().regex(/^[^:]+:\/[^:]+(?::ro)?$/)).optional(),
  ports: z.array(z.string().regex(/^\d+:\d+$/)).optional(),
  depends_on: z.array(z.string()).optional(),
  working_dir: z.string().startsWith('/').optional(),
  stop_grace_period: z
    .string()
    .regex(/^\d+s$/)
    .optional(),
  init: z.boolean().optional(),
});
const compose = z
  .object({
    name: z.string(),
    services: z.record(z.string(), service),
    networks: z.record(z.string(), z.strictObject({ internal: z.boolean().optional() })),
    volumes: z.record(z.string(), z.strictObject({})),
    secrets: z.record(z.string(), z.strictObject({ file: z.string().startsWith('secrets/') })),
  })
  .catchall(z.never())
  .strict();

const text = readFileSync('docker-compose.yml', 'utf8');
const raw = parse(text, { merge: true }) as Record<string, unknown>;
const file = compose.parse(
  Object.fromEntries(Object.entries(raw).filter(([name]) => !name.startsWith('x-'))),
);
const services = Object.entries(file.services);

function aliases({ networks }: z.output<typeof service>): string[] {
  return Array.isArray(networks) ? [] : Object.values(networks).flatMap((one) => one.aliases);
}

function sources(uses: readonly z.output<typeof secretUse>[]): string[] {
  return uses.map((use) => (typeof use === 'string' ? use : use.source));
}

/** Where the secrets of a service are in it. */
function targets(uses: readonly z.output<typeof secretUse>[]): string[] {
  return uses.map((use) => {
    const target = typeof use === 'string' ? use : use.target;
    return target.startsWith('/') ? target : `/run/secrets/${target}`;
  });
}

describe('docker-compose.yml', () => {
  it('is three members, Redis and two front ends', () => {
    const images = services.map(([, { image }]) => image.split(':')[0]).sort();
    expect(images).to.deep.equal(['mongo', 'mongo', 'mongo', 'node', 'node', 'redis']);
  });

  it('names nothing that it does not have, and has nothing that it does not name', () => {
    const used = {
      secrets: new Set(services.flatMap(([, { secrets }]) => sources(secrets))),
      networks: new Set(
        services.flatMap(([, { networks }]) =>
          Array.isArray(networks) ? networks : Object.keys(networks),
        ),
      ),
      volumes: new Set(
        services.flatMap(([, { volumes = [] }]) =>
          volumes.map((one) => one.split(':')[0] ?? '').filter((name) => !name.startsWith('.')),
        ),
      ),
    };
    for (const kind of ['secrets', 'networks', 'volumes'] as const) {
      expect([...used[kind]].sort(), kind).to.deep.equal(Object.keys(file[kind]).sort());
    }
    for (const [name, { depends_on = [] }] of services) {
      for (const other of depends_on) expect(file.services, name).to.have.property(other);
    }
    const ports = services.flatMap(([, one]) =>
      (one.ports ?? []).map((port) => port.split(':')[0]),
    );
    expect(new Set(ports).size).to.equal(ports.length);
    // Each secret is said in the head of the file.
    for (const name of Object.keys(file.secrets))
      expect(text.split('name: zhashik')[0]).to.include(name);
  });

  it('gives every program the files that its options name', () => {
    for (const [name, one] of services) {
      const named = one.command.flatMap((word) => /\/run\/secrets\/[\w.-]+/.exec(word)?.[0] ?? []);
      for (const path of named) expect(targets(one.secrets), name).to.include(path);
    }
  });

  it('has TLS and a login on each link', () => {
    for (const [name, { image, command }] of services) {
      const words = command.join(' ');
      if (image.startsWith('mongo:')) {
        expect(words, name)
          .to.match(/--tlsMode=requireTLS/)
          .and.match(/--keyFile=/);
      }
      if (image.startsWith('redis:')) {
        expect(words, name)
          .to.match(/--port 0 --tls-port 6379/)
          .and.match(/--aclfile /);
      }
    }
  });

  it('starts front ends with config/cluster.yaml, whose servers and files are there', () => {
    const known = services.flatMap(([, one]) => aliases(one));
    for (const [name, one] of services.filter(([, { image }]) => image.startsWith('node:'))) {
      expect(one.volumes, name).to.include('./config/cluster.yaml:/etc/zhashik/zhashik.yaml:ro');
      expect(one.command, name).to.include('--config=/etc/zhashik/zhashik.yaml');
      const config = readFileSync('config/cluster.yaml', 'utf8');
      const paths = [...config.matchAll(/\/etc\/zhashik\/[\w/.-]+/g)].map(([path]) => path);
      expect(targets(one.secrets).sort(), name).to.deep.equal([...new Set(paths)].sort());
      const parsed = parseConfig(
        config.replace(/\{ file: [^}]+ \}/g, '{ env: SECRET }'),
        '/etc/zhashik/zhashik.yaml',
        { SECRET: 'x' },
      );
      const urls = `${parsed.store.mongodb?.url ?? ''} ${parsed.bus.redis?.url ?? ''}`;
      const hosts = [...urls.matchAll(/[\w-]+\.example\.kz/g)].map(([host]) => host);
      expect(hosts, name).to.have.length(4);
      for (const host of hosts) expect(known, name).to.include(host);
      // Everything that listens is reached from outside.
      const open = Object.entries(parsed.listeners).flatMap(([listener, { enabled, port }]) =>
        enabled && listener !== 'metrics' ? [String(port)] : [],
      );
      const inside = (one.ports ?? []).map((port) => port.split(':')[1] ?? '');
      expect(inside.sort(), name).to.deep.equal(open.sort());
      expect(Number.parseInt(one.stop_grace_period ?? '', 10) * 1000).to.be.above(
        parsed.limits.stopMs + 30_000,
      );
    }
  });
});
