import { userInfo } from 'node:os';
import type { AdminPort } from '../src/admin/operations.ts';
import { type ConfigOptions, loadChosenConfig } from './config-option.ts';

/** Who gives the order: the person, also behind sudo. */
export function actor(): string {
  return `cli:${process.env['SUDO_USER'] ?? userInfo().username}`;
}

/** Runs an action through the running server, or on the data folder when none runs. */
export async function withAdmin<Result>(
  options: ConfigOptions,
  action: (admin: AdminPort) => Promise<Result>,
): Promise<Result> {
  // Loaded when it is needed: `--help` and a wrong option answer at once.
  const { composeAdmin } = await import('../src/compose-admin.ts');
  const admin = await composeAdmin(await loadChosenConfig(options), actor());
  try {
    return await action(admin);
  } finally {
    await admin.close();
  }
}

/** The result of a call, with each piece of progress handed on as it comes. */
export async function finish<Progress, Result>(
  call: AsyncGenerator<Progress, Result, void>,
  onProgress: (progress: Progress) => void = () => undefined,
): Promise<Result> {
  for (;;) {
    const step = await call.next();
    if (step.done === true) return step.value;
    onProgress(step.value);
  }
}
