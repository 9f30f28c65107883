import { expect } from 'chai';
import { capabilities, type CapabilityState, isOffered } from '../../src/imap/capability.ts';
import { commandTable } from '../../src/imap/command-table.ts';

const state: CapabilityState = {
  loggedIn: false,
  canStartTls: true,
  mayLogIn: false,
  mechanisms: ['SCRAM-SHA-256', 'PLAIN', 'LOGIN'],
  appendBytes: 1000,
  disabled: [],
};

describe('IMAP capabilities', () => {
  const cases: readonly (readonly [string, Partial<CapabilityState>, RegExp, RegExp])[] = [
    ['in clear text', {}, /STARTTLS LOGINDISABLED$/, /AUTH=/],
    ['over TLS', { canStartTls: false, mayLogIn: true }, /AUTH=SCRAM-SHA-256 AUTH=PLAIN$/, /LOGIN/],
    ['where clear text will do', { mayLogIn: true }, /STARTTLS AUTH=SCRAM/, /LOGINDISABLED/],
    ['without SCRAM', { mayLogIn: true, mechanisms: ['PLAIN'] }, /AUTH=PLAIN$/, /SCRAM/],
    ['after login', { loggedIn: true }, /APPENDLIMIT=1000 /, /LITERAL-|STARTTLS|AUTH|LOGIN/],
    ['switched off', { loggedIn: true, disabled: ['idle'] }, /NAMESPACE/, /IDLE/],
  ];
  for (const [what, change, shown, hidden] of cases) {
    it(`are true ${what}`, () => {
      const text = capabilities({ ...state, ...change });
      expect(text).to.match(shown);
      expect(text).to.not.match(hidden);
      expect(text).to.match(/^IMAP4rev2 IMAP4rev1 /);
    });
  }

  it('that were switched off cannot be enabled', () => {
    expect(isOffered('QRESYNC', [])).to.be.true;
    expect(isOffered('QRESYNC', ['qresync'])).to.be.false;
  });

  it('have the commands they promise', () => {
    const names = [
      'ENABLE',
      'ID',
      'IDLE',
      'NAMESPACE',
      'UNSELECT',
      'MOVE',
      'GETQUOTA',
      'GETQUOTAROOT',
    ];
    expect([...commandTable.keys()]).to.include.members([...names, 'STARTTLS', 'AUTHENTICATE']);
    for (const [name, row] of commandTable) expect(row.name).to.equal(name);
    const uidForms = [...commandTable.values()].filter((row) => row.uidForm).map((row) => row.name);
    expect(uidForms).to.have.members(['COPY', 'EXPUNGE', 'FETCH', 'MOVE', 'SEARCH', 'STORE']);
  });
});
