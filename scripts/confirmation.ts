import { Command } from 'commander';
import {
  type ConfirmationReport,
  verifyConfirmationFile,
} from '../src/admin/verify-confirmation.ts';
import { CommandFailure } from './command-failure.ts';
import { signerForPeople, usage } from './eds.ts';
import { print, printJson } from './print.ts';
import { addTrustOptions, readTrustOptions, type TrustOptions } from './trust-options.ts';

interface VerifyOptions extends TrustOptions {
  readonly signature?: string;
  readonly operator?: string;
  readonly json?: boolean;
}

/** `zhashik confirmation …` */
export function confirmationCommand(): Command {
  const confirmation = new Command('confirmation').description('confirmations of a registration');
  addTrustOptions(
    confirmation
      .command('verify <file>')
      .description('verify a confirmation without a network: the PDF, or the JSON with FILE.p7s')
      .option('--signature <file>', 'the signature of a JSON, when it is not beside it')
      .option('--operator <bin>', 'the BIN of the operator whose confirmation it must be'),
  )
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      '\nEnds with 0 when it is valid, 1 when it is not, 2 for a wrong command line or file, 3 when only the\n' +
        'status of the certificate could not be learned.',
    )
    .action((file: string, options: VerifyOptions) => usage(() => verify(file, options)));
  return confirmation;
}

async function verify(file: string, options: VerifyOptions): Promise<void> {
  const { trust, online } = await readTrustOptions(options);
  const { signature, operator: operatorBin } = options;
  const report = await verifyConfirmationFile({ ...trust, file, signature, operatorBin }, online);
  if (options.json === true) printJson(report);
  else forPeople(report);
  if (report.verdict === 'invalid') throw new CommandFailure('edsInvalid', '');
  if (report.verdict === 'undecided') throw new CommandFailure('edsUndecided', '');
}

const reasonWords = {
  signature: 'the signature is not valid',
  'not-the-operator': 'the operator that it names has not signed it',
  'other-operator': 'it is a confirmation of another operator',
  'pages-changed': 'the pages show something else than what was signed',
} as const satisfies Record<ConfirmationReport['reasons'][number], string>;

const pageWords = {
  'as-issued': 'as they were issued',
  changed: 'changed',
  'not-compared': 'of another version of this program, not compared: go by what is said here',
  none: 'none: only the JSON was verified',
} as const satisfies Record<ConfirmationReport['pages'], string>;

function forPeople({ facts, pages, reasons, signature, verdict }: ConfirmationReport): void {
  print(verdict.toUpperCase());
  for (const reason of reasons) print(`  ${reasonWords[reason]}`);
  const { agreement, channel, mailbox, operator, subject } = facts;
  const who =
    subject.type === 'individual'
      ? `${subject.name}, IIN ${subject.iin}`
      : `${subject.name.kk}, BIN ${subject.bin}, signed by ${subject.signatory}`;
  const where =
    channel.type === 'online' ? 'online' : `at ${channel.facility} by employee ${channel.employee}`;
  const rows: readonly (readonly [string, string])[] = [
    ['pages', pageWords[pages]],
    ['application', facts.id],
    ['operator', `${operator.name.kk}, BIN ${operator.bin}`],
    ['user', who],
    ['mailbox', `${mailbox.address}, ${mailbox.level}, since ${mailbox.createdAt}`],
    ['applied', where],
    ['agreement', `${agreement.version}, accepted ${agreement.acceptedAt}`],
    ['issued', facts.issuedAt],
  ];
  for (const [name, value] of rows) print(`  ${name.padEnd(12)}${value}`);
  signature.signers.forEach(signerForPeople);
}
