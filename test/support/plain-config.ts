/** Ports of listeners without TLS. */
export interface PlainPorts {
  readonly smtp: number;
  readonly lmtp: number;
  readonly imap: number;
}

/** A configuration for harnesses: no TLS, cleartext login from this machine, nothing else listens; and more lines. */
export function plainConfig(
  dataFolder: string,
  ports: PlainPorts,
  more: readonly string[] = [],
): string {
  return [
    'version: 1',
    'server: { name: mail.example.kz }',
    'domains: { local: [example.kz] }',
    `data: { folder: ${dataFolder} }`,
    'listeners:',
    `  smtp: { port: ${ports.smtp} }`,
    `  lmtp: { port: ${ports.lmtp} }`,
    `  imap: { port: ${ports.imap}, cleartextLoginNetworks: [127.0.0.0/8] }`,
    '  submission: { enabled: false }',
    '  submissions: { enabled: false }',
    '  imaps: { enabled: false }',
    'log: { level: warn }',
    ...more,
    '',
  ].join('\n');
}
