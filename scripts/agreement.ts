import { Command, Option } from 'commander';
import { type AgreementsInput, listAgreements, openAgreements } from '../src/admin/agreements.ts';
import { MailError } from '../src/core/errors.ts';
import { type ConfigOptions, configOption, loadChosenConfig } from './config-option.ts';
import { printJson, printTable } from './print.ts';

type Options = ConfigOptions & { readonly json?: boolean };

/** `zhashik agreement …` */
export function agreementCommand(): Command {
  const agreement = new Command('agreement').description('versions of the user agreement');
  agreement
    .command('list')
    .description('the versions, and which is in force; fails where the server would not start')
    .addOption(configOption)
    .option('--json', 'a line of JSON each')
    .action(list);
  agreement
    .command('show [version]')
    .description('the text of a version, of the one in force when none is named')
    .addOption(configOption)
    .addOption(
      new Option('--language <language>', 'of the text').choices(['kk', 'ru', 'en']).default('kk'),
    )
    .action(show);
  return agreement;
}

async function list(options: Options): Promise<void> {
  const versions = await listAgreements(await input(options));
  if (options.json === true) versions.forEach(printJson);
  else {
    printTable(
      versions.map(({ version, inForceFrom, inForce, domain, sha256 }) => [
        version,
        inForceFrom,
        inForce ? 'in force' : '',
        domain,
        sha256,
      ]),
    );
  }
}

async function show(
  version: string | undefined,
  options: Options & { readonly language: 'kk' | 'ru' | 'en' },
): Promise<void> {
  const now = Date.now();
  const agreements = await openAgreements(await input(options));
  const found = version === undefined ? agreements.inForce(now) : agreements.find(version);
  if (found === undefined) {
    throw new MailError('not-found', `There is no version ${version ?? ''}`);
  }
  process.stdout.write(found.texts[options.language]);
}

async function input(options: ConfigOptions): Promise<AgreementsInput> {
  const { gateway, domains } = await loadChosenConfig(options);
  return { folder: gateway.agreements, domain: domains.default, now: Date.now() };
}
