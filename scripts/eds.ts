import { Command, type CommanderError, InvalidArgumentError, Option } from 'commander';
import { type Language, languages, reasonText } from '../src/admin/eds-words.ts';
import { askEdsServices } from '../src/admin/eds-services.ts';
import { serveTestAuthority } from '../src/admin/serve-test-authority.ts';
import { showEds } from '../src/admin/show-eds.ts';
import { makeTestAuthority } from '../src/admin/test-authority.ts';
import { type EdsReport, type EdsSignerReport, verifyEds } from '../src/admin/verify-eds.ts';
import { composeEdsServices } from '../src/compose-eds.ts';
import { systemClock } from '../src/core/clock.ts';
import { MailError } from '../src/core/errors.ts';
import { CommandFailure } from './command-failure.ts';
import { configOption, developmentOption, loadChosenConfig } from './config-option.ts';
import { print, printJson, printTable, remarkDryRun } from './print.ts';
import {
  addTrustOptions,
  profileOption,
  readTrustOptions,
  type TrustOptions,
} from './trust-options.ts';

interface VerifyOptions extends TrustOptions {
  readonly content?: string;
  readonly owner: 'person' | 'company' | 'anyone';
  readonly lang?: Language;
  readonly json?: boolean;
}

/** `zhashik eds …` */
export function edsCommand(): Command {
  const eds = new Command('eds').description('electronic digital signatures');
  addTrustOptions(
    eds
      .command('verify <file>')
      .description('verify a signature: CMS, CAdES-BES or CAdES-T; DER, BER, base64 or PEM')
      .option('--content <file>', 'what was signed, when the signature is detached'),
  )
    .addOption(
      new Option('--owner <kind>', 'who may have signed')
        .choices(['person', 'company', 'anyone'])
        .default('person'),
    )
    .addOption(new Option('--lang <language>', 'one language for the reasons').choices(languages))
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      '\nEnds with 0 when the signature is valid, 1 when it is not, 2 for a wrong command line or file,\n' +
        '3 when only the status of a certificate could not be learned.',
    )
    .action((file: string, options: VerifyOptions) => usage(() => verify(file, options)));
  eds
    .command('show <file>')
    .description('what a certificate, CRL, OCSP answer, timestamp or CMS says; nothing is verified')
    .option('--json', 'on one line')
    .action((file: string, options: { json?: boolean }) => usage(() => show(file, options)));
  eds
    .command('services')
    .description('ask the configured services: fetch the CRLs, have something stamped')
    .addOption(profileOption)
    .addOption(configOption)
    .addOption(developmentOption)
    .option('--json', 'for programs')
    .action(services);
  eds
    .command('test-authority <folder>')
    .description('make an authority for development, with users, companies and revocations')
    .addOption(
      new Option('--family <family>', 'the kind of its keys')
        .choices(['gost2015-512', 'gost2015-256', 'gost2004', 'rsa'])
        .default('gost2015-512'),
    )
    .option('--apply', 'write it')
    .option('--json', 'for programs')
    .action(testAuthority);
  eds
    .command('serve-test-authority <folder>')
    .description('OCSP, timestamps and the CRL of such an authority, until it is interrupted')
    .option('--port <port>', 'on the loopback address; a free one when left out', parsePort, 0)
    .action(serve);
  return eds;
}

/** Within `eds` and `confirmation`, a wrong command line ends with 2: it must not be taken for a verdict. */
export function wrongUse(error: CommanderError): never {
  if (error.exitCode === 0) throw error;
  throw new CommandFailure('edsUsage', '');
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('Not a port.');
  return port;
}

/** A file or store that cannot be used is wrong use too. */
export async function usage(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    throw new CommandFailure('edsUsage', error.message, { cause: error });
  }
}

async function verify(file: string, options: VerifyOptions): Promise<void> {
  const { trust, online } = await readTrustOptions(options);
  const input = { ...trust, file, content: options.content, owner: options.owner };
  const report = await verifyEds(input, online);
  if (options.json === true) printJson(report);
  else forPeople(report, options.lang === undefined ? languages : [options.lang]);
  if (report.verdict === 'invalid') throw new CommandFailure('edsInvalid', '');
  if (report.verdict === 'undecided') throw new CommandFailure('edsUndecided', '');
}

function forPeople(report: EdsReport, languages: readonly Language[]): void {
  print(report.verdict.toUpperCase());
  for (const code of report.reasons) {
    print(code);
    for (const language of languages) print(`  ${language}: ${reasonText(code, language)}`);
  }
  report.signers.forEach(signerForPeople);
}

/** One signer, a line for each thing that is known. */
export function signerForPeople(signer: EdsSignerReport, index: number): void {
  const rows: readonly (readonly [string, string | null | undefined])[] = [
    ['subject', signer.certificate?.subject],
    ['issuer', signer.certificate?.issuer],
    ['serial', signer.certificate?.serial],
    [
      'valid',
      signer.certificate && `${signer.certificate.notBefore} to ${signer.certificate.notAfter}`,
    ],
    ['IIN', signer.iin],
    ['BIN', signer.bin],
    ['roles', signer.roles.join(' ')],
    ['signed at', signer.signedAt && `${signer.signedAt} (as the signer says)`],
    ['timestamp', signer.timestamp && `${signer.timestamp.time} by ${signer.timestamp.authority}`],
    ['status', signer.revocation && Object.values(signer.revocation).join(' ')],
    ['reasons', signer.reasons.join(' ')],
    ['details', signer.details.join('; ')],
  ];
  print(`signer ${index + 1}`);
  for (const [name, value] of rows) if (value) print(`  ${name.padEnd(10)}${value}`);
}

async function show(file: string, options: { json?: boolean }): Promise<void> {
  const shown = await showEds(file);
  if (options.json === true) printJson(shown);
  else print(JSON.stringify(shown, undefined, 2));
}

async function services(options: TrustOptions & Pick<VerifyOptions, 'json'>): Promise<void> {
  const config = await loadChosenConfig(options);
  const composed = await composeEdsServices(config, options.profile);
  try {
    const states = await askEdsServices(composed);
    if (options.json === true) states.forEach(printJson);
    else printTable(states.map((one) => [one.good ? 'good' : 'FAILED', one.service, one.detail]));
    const failed = states.filter((one) => !one.good).length;
    if (failed > 0) throw new CommandFailure('unavailable', `${failed} services failed`);
  } finally {
    await composed.close();
  }
}

async function testAuthority(
  folder: string,
  options: {
    family: Parameters<typeof makeTestAuthority>[0]['family'];
    apply?: boolean;
    json?: boolean;
  },
): Promise<void> {
  const made = await makeTestAuthority({
    folder,
    family: options.family,
    now: systemClock.now(),
    apply: options.apply ?? false,
  });
  if (options.json === true) printJson(made);
  else
    made.files.forEach((file) => {
      print(file);
    });
  remarkDryRun(made);
}

async function serve(folder: string, options: { port: number }): Promise<void> {
  const served = await serveTestAuthority(folder, options.port, systemClock);
  printJson(served.urls);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => {
        resolve();
      });
  });
  await served.close();
}
