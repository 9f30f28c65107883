import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../support/free-ports.ts';
import { WireClient } from '../support/wire-client.ts';

const program = '/usr/sbin/dovecot';

/** What keeps a real Dovecot from running here; undefined: nothing. */
export function dovecotMissing(): string | undefined {
  if (!existsSync(program) || !existsSync('/usr/lib/dovecot/imap'))
    return 'dovecot-imapd is not installed';
  return process.getuid?.() === 0 ? undefined : 'Dovecot is started by root alone';
}

/** Debian's Dovecot with a configuration of its own: IMAP without TLS on a free port, Maildir++, any user. */
export class Dovecot {
  readonly port: number;
  readonly #folder: string;
  readonly #process: ChildProcess;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.port = port;
    this.#process = spawn(program, ['-F', '-c', join(folder, 'dovecot.conf')], { stdio: 'ignore' });
  }

  static async start(password: string): Promise<Dovecot> {
    const folder = mkdtempSync(join(tmpdir(), 'zhashik-dovecot-'));
    // Its processes run as users of their own.
    chmodSync(folder, 0o755);
    mkdirSync(join(folder, 'mail'));
    execFileSync('chown', ['mail:mail', join(folder, 'mail')]);
    const [port] = (await freePorts(1)) as [number];
    writeFileSync(join(folder, 'dovecot.conf'), configuration(folder, port, password));
    const dovecot = new Dovecot(folder, port);
    await dovecot.#listening();
    return dovecot;
  }

  async stop(): Promise<void> {
    const { exitCode, signalCode } = this.#process;
    if (exitCode === null && signalCode === null) {
      const ended = new Promise((resolve) => this.#process.once('exit', resolve));
      this.#process.kill('SIGTERM');
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #listening(): Promise<void> {
    for (let attempt = 0; attempt < 600; attempt++) {
      if (this.#process.exitCode !== null) break;
      try {
        (await WireClient.connect(this.port)).destroy();
        return;
      } catch {
        // Not yet: a process gives no other sign that its socket is open.
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    }
    const log = join(this.#folder, 'log');
    throw new Error(`Dovecot does not listen\n${existsSync(log) ? readFileSync(log, 'utf8') : ''}`);
  }
}

function configuration(folder: string, port: number, password: string): string {
  return `
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:${folder}/mail/%n
first_valid_uid = 1
auth_mechanisms = plain
passdb {
  driver = static
  args = password=${password}
}
userdb {
  driver = static
  args = uid=mail gid=mail home=${folder}/mail/%n allow_all_users=yes
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Gesendet {
    auto = create
    special_use = \\Sent
  }
  mailbox Everything {
    auto = create
    special_use = \\All
  }
}
service imap-login {
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = 0
  }
}
`;
}
