import {
  atSign,
  colon,
  comma,
  FieldScanner,
  greaterThan,
  lessThan,
  quote,
  semicolon,
  type Ahead,
} from './field-scanner.ts';
import { maxAddresses } from './limits.ts';

/**
 * An address as ENVELOPE has it, RFC 9051 §7.5.2: without `host` it opens a group whose name is `mailbox`; without
 * both it closes the group.
 */
export interface Address {
  /** Display name, or the comment behind an address without one; RFC 2047 words as they were sent. */
  readonly name: string | undefined;
  /** Source route of RFC 822, such as `@a.example,@b.example`. */
  readonly route: string | undefined;
  /** Local part without its quotes. */
  readonly mailbox: string | undefined;
  readonly host: string | undefined;
}

/** Stand in for what a broken address lacks, so that clients need not know such addresses exist. */
export const missingMailbox = 'MISSING_MAILBOX';
export const missingHost = 'MISSING_DOMAIN';
export const invalidRoute = 'INVALID_ROUTE';
export const syntaxError = 'SYNTAX_ERROR';

/**
 * Parses an address list, RFC 5322 §3.4 with the obsolete forms of §4.4. Never fails: of a broken address it keeps
 * what it can, and it stops at garbage behind one. The text is unfolded; at most `limit` addresses are taken.
 */
export function parseAddressList(text: string, limit: number = maxAddresses): Address[] {
  const parser = new AddressParser(text, limit);
  parser.list();
  return parser.found;
}

const groupEnd: Address = {
  name: undefined,
  route: undefined,
  mailbox: undefined,
  host: undefined,
};

class AddressParser {
  readonly found: Address[] = [];
  readonly #scan: FieldScanner;
  readonly #limit: number;
  #name: string | undefined;
  #route: string | undefined;
  #mailbox: string | undefined;
  #host: string | undefined;

  constructor(text: string, limit: number) {
    this.#scan = new FieldScanner(text);
    this.#limit = limit;
  }

  // address-list = (address *("," address)) / obs-addr-list
  list(): void {
    const scan = this.#scan;
    if (scan.skip() !== 'more') return;
    while (this.found.length < this.#limit) {
      if (this.#address() === 'end') return;
      if (scan.peek() !== comma) return;
      scan.at++;
      const ahead = scan.skip();
      if (ahead === 'more') continue;
      if (ahead === 'broken') this.#add();
      return;
    }
  }

  // address = mailbox / group ; both may begin with a phrase, which is read once
  #address(): Ahead {
    const scan = this.#scan;
    const start = scan.at;
    const ahead = scan.phrase();
    if (ahead === 'more' && scan.peek() === colon) return this.#group(scan.token);
    return this.#mailboxSpec(start, ahead);
  }

  // group = display-name ":" [group-list] ";" [CFWS]
  #group(name: string): Ahead {
    const scan = this.#scan;
    scan.at++;
    let ahead = scan.skip();
    this.found.push({ ...groupEnd, mailbox: name });
    if (ahead === 'more' && scan.peek() !== semicolon) {
      for (;;) {
        const start = scan.at;
        this.#mailboxSpec(start, scan.phrase());
        if (scan.peek() !== comma || this.found.length >= this.#limit) break;
        scan.at++;
        if (scan.skip() !== 'more') {
          ahead = 'broken';
          break;
        }
      }
    }
    if (ahead !== 'broken') {
      if (scan.peek() === semicolon) {
        scan.at++;
        ahead = scan.skip();
      } else {
        ahead = 'broken';
      }
    }
    this.found.push(groupEnd);
    return ahead === 'end' ? 'end' : 'more';
  }

  // mailbox = name-addr / addr-spec ; the phrase that begins at `start` has been read
  #mailboxSpec(start: number, phrase: Ahead): Ahead {
    const scan = this.#scan;
    let ahead: Ahead;
    if (phrase === 'more' && scan.peek() === lessThan) {
      ahead = this.#nameAddr(scan.token);
    } else {
      scan.at = start;
      ahead = this.#addrSpec();
    }
    this.#add();
    return ahead;
  }

  // name-addr = [display-name] angle-addr
  #nameAddr(name: string): Ahead {
    this.#name = name === '' ? undefined : name;
    if (this.#angleAddr() === 'broken') this.#host = syntaxError;
    return this.#scan.isDone() ? 'end' : 'more';
  }

  // angle-addr = "<" [obs-route] addr-spec ">" ; obs-route = obs-domain-list ":"
  #angleAddr(): Ahead {
    const scan = this.#scan;
    scan.at++;
    if (scan.skip() !== 'more') return 'broken';
    if (scan.peek() === atSign) {
      if (this.#domainList() && scan.peek() === colon) scan.at++;
      else {
        this.#route = invalidRoute;
        if (scan.isDone()) return 'broken';
      }
      if (scan.skip() !== 'more') return 'broken';
    }
    // `<>` is a reverse-path of SMTP and no address; it is filled in like other missing halves.
    if (scan.peek() !== greaterThan) {
      if (this.#localPart() !== 'more') return 'broken';
      if (scan.peek() === atSign && this.#domain() !== 'more') return 'broken';
    }
    if (scan.peek() !== greaterThan) return 'broken';
    scan.at++;
    return scan.skip();
  }

  // obs-domain-list = *(CFWS / ",") "@" domain *("," [CFWS] ["@" domain])
  #domainList(): boolean {
    const scan = this.#scan;
    let route = '';
    while (scan.peek() === atSign) {
      const ahead = scan.domain();
      route += (route === '' ? '@' : ',@') + scan.token;
      if (ahead !== 'more') return false;
      while (scan.skip() === 'more' && scan.peek() === comma) scan.at++;
    }
    if (scan.isDone()) return false;
    this.#route = route;
    return true;
  }

  // addr-spec = local-part "@" domain, with a display name in a comment: the form of the oldest mail
  #addrSpec(): Ahead {
    const scan = this.#scan;
    scan.comment = '';
    const quoted = scan.peek() === quote;
    let ahead = this.#localPart();
    let invalid = ahead !== 'more';
    const local = scan.token;
    let hasDomain = false;
    if (ahead !== 'end' && scan.peek() === atSign) {
      hasDomain = true;
      const behind = this.#domain();
      if (behind !== 'more') ahead = behind;
    }
    if (scan.comment !== '') this.#name = scan.comment;
    else if (!hasDomain) {
      // A single word is a mailbox without its domain. More words, or a quoted one, are a display name.
      const before = scan.at;
      scan.phrase();
      if (scan.at > before && scan.token !== '') {
        this.#mailbox = undefined;
        this.#name = `${local} ${scan.token}`;
      } else if (!quoted) {
        this.#host = '';
      }
      invalid = true;
      ahead = 'broken';
    }
    if (invalid && this.#name === undefined && this.#host === undefined) {
      // A quoted string alone is a display name.
      this.#name = this.#mailbox;
      this.#mailbox = undefined;
    }
    return ahead;
  }

  // local-part = dot-atom / quoted-string / obs-local-part
  #localPart(): Ahead {
    const scan = this.#scan;
    const ahead = scan.peek() === quote ? scan.quotedString() : scan.looseDotAtom();
    if (ahead !== 'broken') this.#mailbox = scan.token;
    return ahead;
  }

  #domain(): Ahead {
    const ahead = this.#scan.domain();
    if (ahead !== 'broken') this.#host = this.#scan.token;
    return ahead;
  }

  #add(): void {
    this.found.push({
      name: this.#name,
      route: this.#route,
      mailbox: this.#mailbox ?? missingMailbox,
      host: this.#host === undefined || this.#host === '' ? missingHost : this.#host,
    });
    this.#name = this.#route = this.#mailbox = this.#host = undefined;
  }
}
