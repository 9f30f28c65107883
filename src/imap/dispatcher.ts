import { MailError } from '../core/errors.ts';
import type { AnyCommand } from './command-table.ts';
import type { Command, CommandContext, CommandState, Numbers } from './command.ts';
import { ConnectionLost } from './connection.ts';
import { bad, failed, formatResponse, no, type Response } from './response.ts';
import type { Phase } from './session-state.ts';
import { Decoder } from './wire/decoder.ts';
import { ParseError } from './wire/parse-error.ts';

/** What commands see, before one of them runs. */
export interface SessionContext extends Omit<CommandContext, 'tag'> {
  tag: string;
}

/**
 * Runs one command and writes all its responses, the tagged one last. Answers the tagged response; rejects only when
 * the session cannot go on.
 */
export async function dispatch(
  table: ReadonlyMap<string, AnyCommand>,
  ctx: SessionContext,
  bytes: Uint8Array,
): Promise<Response> {
  let tag: string | undefined;
  let response: Response;
  let mayExpunge: boolean | undefined;
  const began = performance.now();
  try {
    const d = new Decoder(bytes, { utf8: ctx.state.utf8 });
    tag = d.tag();
    ctx.tag = tag;
    d.space();
    const { row, numbers } = readName(table, d);
    if (!allows(row.state, ctx.state.phase)) throw new ParseError(wrongState(row.state));
    const args = row.parse(d, numbers, ctx.state);
    d.end();
    mayExpunge = allowsExpunge(row, numbers);
    response = await answer(ctx, row.name, () => row.run(ctx, args, numbers));
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    response = bad(error.message);
  }
  await complete(ctx, tag, response, mayExpunge, began);
  return response;
}

/** Runs what a command does; every outcome that the client should know becomes a response. */
export async function answer<Outcome = Response>(
  ctx: Pick<CommandContext, 'log'>,
  name: string,
  run: () => Promise<Outcome>,
): Promise<Outcome | Response> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof MailError) return failed(error);
    if (error instanceof ParseError) return bad(error.message);
    if (error instanceof ConnectionLost) throw error;
    ctx.log.error('command-failed', { command: name, err: error });
    return no('SERVERBUG', 'Something went wrong here');
  }
}

/**
 * What stands at the end of every command: what is new in the selected mailbox, then the tagged response.
 * `mayExpunge` undefined: the command did not run, nothing is told but its answer. What others, in whichever process,
 * were answered for before the command `began` (by `performance.now()`) is told with it.
 */
export async function complete(
  ctx: SessionContext,
  tag: string | undefined,
  response: Response,
  mayExpunge: boolean | undefined,
  began = performance.now(),
): Promise<void> {
  const { out, state } = ctx;
  const { selected } = state;
  if (selected !== undefined && mayExpunge !== undefined && !state.loggedOut) {
    const looking = selected.lookAsOf(began);
    if (looking !== undefined) await looking;
    if (selected.gone) ctx.connection.hangUp('The selected mailbox was deleted');
    else {
      const modSeqInTag = response.code?.startsWith('HIGHESTMODSEQ') === true;
      await selected.sync(out, { expunge: mayExpunge, modSeqInTag });
    }
  }
  out.text(formatResponse(tag ?? '*', response)).endLine();
  await out.flush();
}

// command = tag SP (command-any / command-auth / command-nonauth / command-select) CRLF
// uid = "UID" SP (copy / move / fetch / search / store / uid-expunge)
function readName(
  table: ReadonlyMap<string, AnyCommand>,
  d: Decoder,
): { readonly row: AnyCommand; readonly numbers: Numbers } {
  let name = d.word();
  const numbers = name === 'UID' ? 'uid' : 'msn';
  if (numbers === 'uid') {
    d.space();
    name = d.word();
  }
  const row = table.get(name);
  if (row === undefined || (numbers === 'uid' && row.uidForm !== true)) {
    throw new ParseError('No such command');
  }
  return { row, numbers };
}

function allows(wanted: CommandState, phase: Phase): boolean {
  switch (wanted) {
    case 'any':
      return true;
    case 'authenticated':
      return phase === 'authenticated' || phase === 'selected';
    case 'not-authenticated':
    case 'selected':
      return phase === wanted;
  }
}

function wrongState(wanted: CommandState): string {
  switch (wanted) {
    case 'not-authenticated':
      return 'You are logged in already';
    case 'selected':
      return 'Select a mailbox first';
    case 'authenticated':
    case 'any':
      return 'Log in first';
  }
}

function allowsExpunge(row: Command<unknown>, numbers: Numbers): boolean {
  return row.allowExpunge === 'uid-form' ? numbers === 'uid' : row.allowExpunge;
}
