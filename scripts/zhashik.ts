#!/usr/bin/env node
import { exitCodes } from '../src/admin/exit-codes.ts';
import { explainFailure } from './command-failure.ts';
import { remark } from './print.ts';
import { program } from './program.ts';

// What is made (data, sockets, keys) is its owner's alone.
process.umask(0o077);

// A reader that has seen enough, as in `zhashik account list | head`, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(exitCodes.ok[0]);
});

try {
  await program().parseAsync();
} catch (error) {
  const { code, text } = explainFailure(error);
  if (text !== '') remark(`zhashik: ${text}`);
  process.exitCode = code;
}
