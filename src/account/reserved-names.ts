/**
 * Local parts that nobody gets without the operator's word: what standards and software take for the operator's
 * (RFC 2142, RFC 5321 §4.5.1), and what a letter of deceit would like to be sent from. Their look-alikes are reserved with
 * them, and so are the names of state bodies: `state-body-names.ts`.
 */
export const reservedNames = [
  // RFC 2142 and the mail system itself
  ...['postmaster', 'abuse', 'noc', 'security', 'hostmaster', 'usenet', 'news', 'webmaster', 'www'],
  ...['uucp', 'ftp', 'info', 'marketing', 'sales', 'support', 'trouble', 'mailer-daemon', 'mail'],
  ...[
    'nobody',
    'noreply',
    'no-reply',
    'donotreply',
    'bounce',
    'bounces',
    'dmarc',
    'tlsrpt',
    'dkim',
  ],
  ...['autoconfig', 'autodiscover', 'mta-sts', 'imap', 'smtp', 'pop', 'dns', 'root', 'daemon'],
  // who may issue certificates by mail: CA/Browser Forum Baseline Requirements §3.2.2.4.4
  ...['admin', 'administrator', 'sysadmin', 'ssladmin', 'sslwebmaster', 'is', 'it', 'mis'],
  // the service speaking to its users
  ...[
    'zhashik',
    'pochta',
    'poshta',
    'operator',
    'service',
    'help',
    'helpdesk',
    'billing',
    'system',
  ],
  ...['official', 'evidence', 'notary', 'registry', 'cabinet', 'login', 'account', 'password'],
  ...['kazpost', 'qazpost', 'moderator', 'everyone', 'users', 'staff', 'owner'],
] as const;
