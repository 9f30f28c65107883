import { expect } from 'chai';
import { indexOf } from './indexing.ts';

describe('threading', () => {
  it('joins References and In-Reply-To, each once', () => {
    const { threading } = indexOf(
      'Message-ID: (c) <own@x>\r\nReferences: <a@x> <b@\r\n x>\r\n\t<a@x>\r\nIn-Reply-To: Your letter <c@x>, <b@x>\r\n' +
        'Subject: Re: =?utf-8?B?0KXQkNCi?= (fwd)\r\n\r\n',
    );
    expect(threading).to.deep.equal({
      messageId: 'own@x',
      references: ['a@x', 'b@x', 'c@x'],
      baseSubject: 'хат',
    });
  });

  it('keeps the newest fifty', () => {
    const ids = Array.from({ length: 80 }, (_, n) => `<${n}@x>`);
    const { references } = indexOf(
      `References: ${ids.join('\r\n ')}\r\nIn-Reply-To: <last@x>\r\n\r\n`,
    ).threading;
    expect(references).to.have.length(50);
    expect(references.at(-1)).to.equal('last@x');
    expect(references[0]).to.equal('31@x');
  });

  it('makes do with what there is', () => {
    const nothing = { messageId: undefined, references: [], baseSubject: '' };
    expect(indexOf('').threading).to.deep.equal(nothing);
    expect(
      indexOf('Message-ID:\r\nReferences: <> >< < >\r\nSubject: Re:\r\n\r\n').threading,
    ).to.deep.equal(nothing);
    expect(indexOf('Message-ID: bare@x\r\n\r\n').threading.messageId).to.equal('bare@x');
    expect(indexOf(`Message-ID: <${'x'.repeat(2000)}>\r\n\r\n`).threading.messageId).to.equal(
      undefined,
    );
  });
});

describe('sentAt', () => {
  it('is the moment that Date names', () => {
    expect(indexOf('Date: Thu, 15 Feb 2007 01:02:03 +0500\r\n\r\n').sentAt).to.equal(
      Date.parse('2007-02-14T20:02:03Z'),
    );
    expect(indexOf('Date: soon\r\n\r\n').sentAt).to.equal(undefined);
    expect(indexOf('\r\n').sentAt).to.equal(undefined);
  });
});
