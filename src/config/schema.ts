import * as z from 'zod';
import { gateway } from './gateway-settings.ts';
import { bytes, domainName, duration, networks, path, secret, serverUrl } from './setting-types.ts';

/*
 * Each setting once: its type, its default and one sentence. `zhashik config describe` prints this file as the
 * reference; `meta({ reload: true })` marks what a SIGHUP brings into force without a restart.
 */

const MiB = 2 ** 20;
const GiB = 2 ** 30;
const second = 1000;
const minute = 60 * second;
const day = 24 * 60 * minute;

/** Cyrus SASL, and so mbsync and mutt, refuses to compute more: a login would fail, not just take longer. */
const scramIterationsEveryClientTakes = 65_536;

const clientTrust = {
  proxyNetworks: networks
    .default([])
    .describe('Peers that must speak PROXY protocol v1 or v2 first and are believed.'),
};

const cleartextLogin = {
  cleartextLoginNetworks: networks
    .default([])
    .describe('Peers that may log in without TLS, such as a proxy that ends TLS itself.'),
};

const imapOnly = {
  disabledCapabilities: z
    .array(z.string().regex(/^[!-~]+$/))
    .default([])
    .describe('Capabilities that are not shown, for programs that cannot cope with them.'),
};

const xclient = {
  xclientNetworks: networks
    .default([])
    .describe('Peers that may tell the real client with XCLIENT.'),
};

function socket(port: number) {
  return {
    enabled: z.boolean().default(true).describe('Whether it is started.'),
    host: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .describe('The address to listen on; `::` is every address of IPv6 and IPv4.'),
    port: z.int().min(0).max(65535).default(port).describe('The port; 0 takes a free one.'),
  };
}

const listeners = z
  .strictObject({
    smtp: z
      .strictObject({ ...socket(2525), ...clientTrust, ...xclient })
      .prefault({})
      .describe('Letters from other servers, RFC 5321.'),
    submission: z
      .strictObject({ ...socket(2587), ...clientTrust, ...cleartextLogin, ...xclient })
      .prefault({})
      .describe('Letters from users, login after STARTTLS, RFC 6409.'),
    submissions: z
      .strictObject({ ...socket(2465), ...clientTrust, ...xclient })
      .prefault({})
      .describe('Letters from users over TLS from the first octet, RFC 8314.'),
    lmtp: z
      .strictObject({ ...socket(2424), ...clientTrust, ...xclient })
      .prefault({})
      .describe('Letters from a trusted relay in front of us, RFC 2033; has no login.'),
    imap: z
      .strictObject({ ...socket(2143), ...clientTrust, ...cleartextLogin, ...imapOnly })
      .prefault({})
      .describe('Reading mail, login after STARTTLS, RFC 9051.'),
    imaps: z
      .strictObject({ ...socket(2993), ...clientTrust, ...imapOnly })
      .prefault({})
      .describe('Reading mail over TLS from the first octet, RFC 8314.'),
    http: z
      .strictObject({
        ...socket(2443),
        enabled: z.boolean().default(false).describe('Whether it is started.'),
      })
      .prefault({})
      .describe('HTTPS for applications, the cabinet and state bodies; needs `gateway.enabled`.'),
    metrics: z
      .strictObject({
        ...socket(9464),
        enabled: z.boolean().default(false).describe('Whether it is started.'),
      })
      .prefault({})
      .describe(
        'HTTP for the operator: `/metrics` (Prometheus), `/live` and `/ready`; keep it private.',
      ),
  })
  .prefault({})
  .describe('Where the server listens.');

const limits = z
  .strictObject({
    messageBytes: bytes(64 * 1024, 2 * GiB)
      .default(50 * MiB)
      .describe('The largest letter taken by SMTP, LMTP and APPEND (SIZE, APPENDLIMIT).'),
    recipients: z
      .int()
      .min(100)
      .max(100_000)
      .default(1000)
      .describe('Recipients of one letter; RFC 5321 §4.5.3.1.8 asks for 100 at least.'),
    connections: z
      .int()
      .min(1)
      .default(10_000)
      .describe(
        'Connections of one protocol (SMTP, submission, LMTP, IMAP) to one process, over all of its listeners; the open files that the system allows may be fewer.',
      ),
    connectionsPerAddress: z
      .int()
      .min(1)
      .default(200)
      .describe(
        'Connections from one client address (IPv6: /64) to one protocol; an office may share one.',
      ),
    sessionsPerAccount: z
      .int()
      .min(5)
      .default(50)
      .describe('IMAP sessions of one account at once.'),
    smtpTimeoutMs: duration(second)
      .default(5 * minute)
      .describe('How long an SMTP client may be silent, RFC 5321 §4.5.3.2.'),
    imapTimeoutMs: duration(second)
      .default(30 * minute)
      .describe('How long a logged-in IMAP client may be silent; RFC 9051 §5.4 asks for 30 min.'),
    stopMs: duration(0, 10 * minute)
      .default(20 * second)
      .describe('How long a stop waits for clients to end what they began.'),
  })
  .prefault({})
  .describe('What one client, and all together, may take.');

const login = z
  .strictObject({
    scram: z
      .boolean()
      .default(true)
      .describe('Whether SCRAM-SHA-256 is offered and a verifier for it kept with new passwords.'),
    scramIterations: z
      .int()
      .min(4096)
      .max(scramIterationsEveryClientTakes)
      .default(scramIterationsEveryClientTakes)
      .describe('PBKDF2 rounds of a SCRAM verifier; the client pays for them at each login.'),
    scryptN: z
      .int()
      .min(2 ** 10)
      .max(2 ** 20)
      .refine((N) => Number.isInteger(Math.log2(N)), { error: 'expected a power of two' })
      .default(2 ** 14)
      .describe('The scrypt cost N of a password hash; 128 * N * r octets of memory each.'),
    scryptR: z.int().min(1).max(32).default(8).describe('The scrypt block size r.'),
    scryptP: z
      .int()
      .min(1)
      .max(16)
      .default(5)
      .describe('The scrypt parallelisation p: time, not memory.'),
    hashesAtOnce: z
      .int()
      .min(1)
      .max(64)
      .default(2)
      .describe(
        'Passwords hashed at once, each on a thread; libuv has 4 unless UV_THREADPOOL_SIZE says more.',
      ),
    hashesWaiting: z
      .int()
      .min(1)
      .default(256)
      .describe('Logins that may wait for a hash; further ones are told to try again.'),
    rememberMs: duration(0, day)
      .default(5 * minute)
      .describe('How long a password that was compared is not hashed again; 0 s is never.'),
    accountFreeFailures: z
      .int()
      .min(0)
      .default(5)
      .describe('Failed logins of an account before the next one has to wait.'),
    addressFreeFailures: z
      .int()
      .min(0)
      .default(20)
      .describe('Failed logins from a client address before the next one has to wait.'),
    maxDelayMs: duration(second)
      .default(5 * minute)
      .describe('The longest wait; it starts at 1 s and doubles with each failure.'),
    unthrottledNetworks: networks
      .default([])
      .describe(
        'Clients whose failures do not count against their address: a webmail speaks for many.',
      ),
  })
  .prefault({})
  .describe('Passwords, and what guessing them costs.');

const loginTogether = { error: 'user and password are given together or not at all' };

const relay = z
  .strictObject({
    host: z.string().min(1).describe('Name or address of the relay.'),
    port: z.int().min(1).max(65535).default(587).describe('The port of the relay.'),
    tls: z
      .enum(['starttls', 'implicit', 'opportunistic', 'none'])
      .default('starttls')
      .describe(
        '`starttls` and `implicit` check its certificate; `opportunistic` takes what there is.',
      ),
    authority: path
      .optional()
      .describe('PEM file: the authority of its certificate, when that is not a public one.'),
    user: z.string().min(1).optional().describe('Login at the relay.'),
    password: secret.optional().describe('Password at the relay.'),
  })
  .refine((value) => (value.user === undefined) === (value.password === undefined), loginTogether);

const mongodb = z
  .strictObject({
    url: serverUrl(
      ['mongodb', 'mongodb\\+srv'],
      'mongodb://db1:27017,db2:27017/?replicaSet=rs0',
    ).describe(
      'The servers, with `replicaSet`, `tls` and other options of MongoDB behind `?`; no login.',
    ),
    database: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,38}$/, { error: 'expected up to 38 letters, digits, - and _' })
      .default('zhashik')
      .describe('The database; all of it is ours.'),
    user: z.string().min(1).optional().describe('Login at the servers.'),
    password: secret.optional().describe('Password at the servers.'),
    authority: path
      .optional()
      .describe('PEM file: the authority of their certificates, when that is not a public one.'),
  })
  .refine((value) => (value.user === undefined) === (value.password === undefined), loginTogether);

const redis = z
  .strictObject({
    url: serverUrl(['redis', 'rediss'], 'rediss://redis:6379/0').describe(
      'The server; `rediss` is TLS, the path a number of a database; no login.',
    ),
    prefix: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,32}$/, { error: 'expected up to 32 letters, digits, - and _' })
      .default('zhashik')
      .describe('What the names of our keys and channels begin with.'),
    user: z.string().min(1).optional().describe('Login at the server, where it has users.'),
    password: secret.optional().describe('Password at the server.'),
    authority: path
      .optional()
      .describe('PEM file: the authority of its certificate, when that is not a public one.'),
  })
  .refine((value) => value.user === undefined || value.password !== undefined, {
    error: 'a user needs a password',
  });

const httpUrl = z.url({
  protocol: /^https?$/,
  error: 'expected an address such as http://ocsp.pki.gov.kz',
});

const eds = z
  .strictObject({
    ocsp: httpUrl
      .optional()
      .describe('The OCSP responder; addresses within certificates are never asked.'),
    timestamps: httpUrl.optional().describe('The timestamp authority, RFC 3161.'),
    timestampPolicy: z
      .string()
      .regex(/^\d+(\.\d+)+$/)
      .default('1.2.398.3.3.2.6.4')
      .describe('The policy that timestamps are asked for: GOST 34.10-2015 of the National CA.'),
    crls: z
      .array(httpUrl)
      .default([])
      .describe('Lists of revoked certificates, whole and delta, that are fetched.'),
    timeoutMs: duration(100, 10 * minute)
      .default(10 * second)
      .describe('How long one attempt to ask a service may take.'),
    attempts: z.int().min(1).max(10).default(2).describe('How often a service is asked in all.'),
  })
  .prefault({})
  .describe('Services of the authority that verify and stamp electronic signatures.');

export const configSchema = z.strictObject({
  version: z.literal(1).describe('The version of this file format.'),
  server: z
    .strictObject({
      name: domainName.describe('The name of this server in greetings and Received fields.'),
    })
    .describe('The server itself.'),
  domains: z
    .strictObject({
      local: z.array(domainName).min(1).describe('The domains whose addresses are ours.'),
      default: domainName
        .optional()
        .describe('The domain of a login without `@`; the first local one when it is left out.'),
      postmaster: z
        .string()
        .optional()
        .describe(
          'The account that reads mail for `postmaster` where no such account exists, RFC 5321 §4.5.1.',
        ),
    })
    .describe('Whose mail we keep.'),
  data: z
    .strictObject({
      folder: path.describe('Where everything is kept by the embedded store; one server owns it.'),
      controlSocket: path
        .optional()
        .describe(
          'The socket for `zhashik account` and its like; `control.sock` in the data folder.',
        ),
    })
    .describe('The data folder.'),
  store: z
    .strictObject({
      kind: z
        .enum(['embedded', 'mongodb'])
        .default('embedded')
        .describe('Files in the data folder, for one process; or MongoDB, for many.'),
      shards: z
        .int()
        .min(1)
        .max(64)
        .optional()
        .describe(
          'Database files that accounts are spread over; fixed when the data folder is made, one for two processors (4 at most) when left out.',
        ),
      writers: z
        .int()
        .min(1)
        .max(64)
        .optional()
        .describe(
          'Threads that write, at most one for each shard; by the processors when left out.',
        ),
      readers: z
        .int()
        .min(1)
        .max(64)
        .optional()
        .describe('Threads that read; by the processors when left out.'),
      mongodb: mongodb.optional().describe('Where the store of `kind: mongodb` is.'),
    })
    .prefault({})
    .describe('The store; `shards`, `writers` and `readers` are of the embedded one.'),
  bus: z
    .strictObject({
      kind: z
        .enum(['local', 'redis'])
        .default('local')
        .describe('How throttles, session counts and news get from process to process.'),
      redis: redis.optional().describe('Where the bus of `kind: redis` is.'),
    })
    .prefault({})
    .describe('What processes share besides the store; nothing durable.'),
  listeners,
  tls: z
    .strictObject({
      certificate: path
        .describe('PEM file: our certificate, then the intermediate ones.')
        .meta({ reload: true }),
      key: path.describe('PEM file: its private key.').meta({ reload: true }),
    })
    .optional()
    .describe('The certificate; without it only listeners without TLS can be started.'),
  login,
  limits,
  quota: z
    .strictObject({
      bytes: bytes(MiB)
        .optional()
        .meta({ reload: true })
        .describe('Octets; no limit when left out.'),
      messages: z
        .int()
        .min(1)
        .optional()
        .meta({ reload: true })
        .describe('Messages; no limit when left out.'),
    })
    .prefault({})
    .describe('What a new account may keep, unless it is said for the account.'),
  eds,
  gateway,
  relay: relay
    .optional()
    .describe(
      'The host that takes letters for other domains; without it users write to local ones only.',
    ),
  log: z
    .strictObject({
      level: z
        .enum(['debug', 'info', 'warn', 'error'])
        .default('info')
        .meta({ reload: true })
        .describe('The least that is written.'),
      format: z
        .enum(['json', 'pretty'])
        .default('json')
        .describe('One JSON object a line, or lines for people; `--log` overrides it.'),
    })
    .prefault({})
    .describe('The log, on standard output.'),
});

export type ConfigInput = z.input<typeof configSchema>;
export type ParsedConfig = z.output<typeof configSchema>;
