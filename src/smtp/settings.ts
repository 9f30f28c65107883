import { Networks } from '../core/networks.ts';
import type { Log } from '../core/log.ts';
import { HookChain } from './hook.ts';
import { standardHooks } from './hooks/standard.ts';
import type { LineEndPolicy } from './line-ends.ts';
import {
  defaultSmtpLimits,
  defaultSmtpTimeouts,
  type SmtpLimits,
  type SmtpListenerOptions,
  type SmtpParts,
  type SmtpProfile,
  type SmtpTimeouts,
} from './options.ts';

/** Options and parts of a listener with every default filled in: what its sessions share. */
export interface SmtpSettings {
  readonly name: string;
  readonly profile: SmtpProfile;
  readonly hostname: string;
  readonly tls: 'starttls' | 'implicit' | 'none';
  readonly limits: SmtpLimits;
  readonly timeouts: SmtpTimeouts;
  readonly lineEnds: LineEndPolicy;
  readonly cleartextLogin: Networks;
  readonly proxies: Networks;
  readonly xclients: Networks;
  readonly hooks: HookChain;
  readonly parts: SmtpParts;
  readonly log: Log;
}

/** Throws `TypeError` for what a listener cannot work with. */
export function settle(options: SmtpListenerOptions, parts: SmtpParts): SmtpSettings {
  const { name, profile, hostname, tls } = options;
  if (tls !== 'none' && parts.tls === undefined) {
    throw new TypeError(`Listener ${name} needs a certificate for TLS`);
  }
  if (profile === 'submission' && parts.authenticator === undefined) {
    throw new TypeError(`Listener ${name} needs an authenticator`);
  }
  const limits = { ...defaultSmtpLimits, ...options.limits };
  return {
    name,
    profile,
    hostname,
    tls,
    limits,
    timeouts: { ...defaultSmtpTimeouts, ...options.timeouts },
    lineEnds: options.lineEnds ?? (profile === 'submission' ? 'normalise' : 'refuse'),
    cleartextLogin: new Networks(options.cleartextLoginNetworks ?? []),
    proxies: new Networks(options.proxyNetworks ?? []),
    xclients: new Networks(options.xclientNetworks ?? []),
    hooks: new HookChain(
      parts.hooks ?? standardHooks(profile, limits.messageBytes, options.relays ?? false),
    ),
    parts,
    log: parts.log.with({ listener: name }),
  };
}
