import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testCertificate } from '../../test/smtp/certificate.ts';
import { freePorts } from '../../test/support/free-ports.ts';
import { WireClient } from '../../test/support/wire-client.ts';
import { folderBytes } from '../folder-bytes.ts';
import { ProcessTree } from '../process-tree.ts';
import {
  benchPassword,
  mostConnections,
  mostSessionsPerAccount,
  type Target,
  type TargetPorts,
} from '../target.ts';

const postfixDaemons = '/usr/lib/postfix/sbin';
const needed = ['/usr/sbin/postfix', '/usr/sbin/dovecot', '/usr/lib/dovecot/lmtp'];

/** What is missing for this peer on this machine; undefined: nothing. */
export function peerMissing(): string | undefined {
  const missing = needed.filter((path) => !existsSync(path));
  if (missing.length > 0) return `the packages postfix, dovecot-imapd, dovecot-lmtpd`;
  return process.getuid?.() === 0 ? undefined : 'to be root';
}

/**
 * Debian's Postfix and Dovecot with the settings of their packages (Maildir, Postfix hands letters to Dovecot by LMTP),
 * but for ports, folders and the limits that would stop one client machine.
 */
export class PostfixDovecot implements Target {
  readonly name = 'Postfix + Dovecot';
  readonly #folder = mkdtempSync(join(tmpdir(), 'zhashik-peer-'));
  readonly #running: ChildProcess[] = [];
  ports: TargetPorts = { smtp: 0, lmtp: 0, imap: 0, imaps: 0 };

  async prepare(): Promise<void> {
    const [smtp, lmtp, imap, imaps] = (await freePorts(4)) as [number, number, number, number];
    this.ports = { smtp, lmtp, imap, imaps };
    chmodSync(this.#folder, 0o755);
    const { cert, key } = testCertificate();
    writeFileSync(this.#in('cert.pem'), cert);
    writeFileSync(this.#in('key.pem'), key, { mode: 0o600 });
    for (const name of ['postfix', 'queue', 'postfix-data', 'mail', 'dovecot']) {
      mkdirSync(this.#in(name));
    }
    execFileSync('chown', ['mail:mail', this.#in('mail')]);
    execFileSync('chown', ['postfix:root', this.#in('postfix-data')]);
    writeFileSync(this.#in('postfix/main.cf'), this.#mainCf());
    writeFileSync(this.#in('postfix/master.cf'), this.#masterCf());
    writeFileSync(this.#in('dovecot.conf'), this.#dovecotConf());
    execFileSync('postfix', ['-c', this.#in('postfix'), 'check'], { stdio: 'ignore' });
  }

  async start(): Promise<void> {
    const master = join(postfixDaemons, 'master');
    this.#running.push(
      spawn('dovecot', ['-F', '-c', this.#in('dovecot.conf')], { stdio: 'ignore' }),
      spawn(master, ['-d', '-c', this.#in('postfix')], { stdio: 'ignore' }),
    );
    for (const port of Object.values(this.ports)) await listening(port);
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.#running.splice(0).map(async (child) => {
        const ended = new Promise<unknown>((resolve) => {
          child.once('exit', resolve);
        });
        child.kill('SIGTERM');
        await ended;
      }),
    );
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  cpuSeconds(): number {
    return this.#sum((tree) => tree.cpuSeconds());
  }

  memoryBytes(): number {
    return this.#sum((tree) => tree.memoryBytes());
  }

  diskBytes(): number {
    return folderBytes(this.#in('mail')) + folderBytes(this.#in('queue'));
  }

  #sum(figure: (tree: ProcessTree) => number): number {
    return this.#running.reduce((sum, { pid = 0 }) => sum + figure(new ProcessTree(pid)), 0);
  }

  #in(name: string): string {
    return join(this.#folder, name);
  }

  #mainCf(): string {
    const settings = {
      compatibility_level: '3.6',
      queue_directory: this.#in('queue'),
      data_directory: this.#in('postfix-data'),
      daemon_directory: postfixDaemons,
      maillog_file: this.#in('postfix-data/mail.log'),
      maillog_file_prefixes: this.#folder,
      myhostname: 'mail.example.kz',
      mydestination: '',
      mynetworks: '127.0.0.0/8',
      inet_interfaces: '127.0.0.1',
      inet_protocols: 'ipv4',
      alias_maps: '',
      virtual_mailbox_domains: 'example.kz',
      virtual_mailbox_maps: 'static:known',
      virtual_transport: `lmtp:inet:127.0.0.1:${this.ports.lmtp}`,
      message_size_limit: '52428800',
      virtual_mailbox_limit: '0',
      smtpd_peername_lookup: 'no',
      disable_dns_lookups: 'yes',
      smtpd_client_connection_count_limit: '0',
    };
    return Object.entries(settings)
      .map(([name, value]) => `${name} = ${value}\n`)
      .join('');
  }

  #masterCf(): string {
    return [
      `127.0.0.1:${this.ports.smtp} inet n - n - - smtpd`,
      'cleanup unix n - n - 0 cleanup',
      'qmgr unix n - n 300 1 qmgr',
      'tlsmgr unix - - n 1000? 1 tlsmgr',
      'rewrite unix - - n - - trivial-rewrite',
      'bounce unix - - n - 0 bounce',
      'defer unix - - n - 0 bounce',
      'trace unix - - n - 0 bounce',
      'verify unix - - n - 1 verify',
      'proxymap unix - - n - - proxymap',
      'error unix - - n - - error',
      'retry unix - - n - - error',
      'lmtp unix - - n - - lmtp',
      'anvil unix - - n - 1 anvil',
      'scache unix - - n - 1 scache',
      'postlog unix-dgram n - n - 1 postlogd',
      '',
    ].join('\n');
  }

  #dovecotConf(): string {
    const { lmtp, imap, imaps } = this.ports;
    return `
base_dir = ${this.#in('dovecot/run')}
state_dir = ${this.#in('dovecot/state')}
log_path = ${this.#in('dovecot/log')}
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <${this.#in('cert.pem')}
ssl_key = <${this.#in('key.pem')}
disable_plaintext_auth = no
mail_location = maildir:${this.#in('mail')}/%n
first_valid_uid = 1
auth_mechanisms = plain
mail_max_userip_connections = ${mostSessionsPerAccount}
default_client_limit = ${mostConnections}
default_process_limit = ${mostConnections}
passdb {
  driver = static
  args = password=${benchPassword}
}
userdb {
  driver = static
  args = uid=mail gid=mail home=${this.#in('mail')}/%n allow_all_users=yes
}
namespace inbox {
  inbox = yes
  mailbox Archive {
    auto = create
  }
  mailbox Drafts {
    auto = create
  }
}
service imap-login {
  process_limit = 2
  service_count = 0
  inet_listener imap {
    port = ${imap}
  }
  inet_listener imaps {
    port = ${imaps}
    ssl = yes
  }
}
service imap {
  process_limit = ${mostConnections}
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = ${lmtp}
  }
}
protocol lmtp {
  postmaster_address = postmaster@example.kz
}
`;
  }
}

async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    try {
      (await WireClient.connect(port)).destroy();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  throw new Error(`nobody listens on ${port}`);
}
