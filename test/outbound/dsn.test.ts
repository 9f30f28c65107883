import { expect } from 'chai';
import { simpleParser } from 'mailparser';
import { deliveryStatusNotification, statusOf, type DsnOptions } from '../../src/outbound/dsn.ts';
import type { OutboxEntry } from '../../src/store/api.ts';

const entry: OutboxEntry = {
  id: '1.x',
  kind: 'relay',
  reversePath: 'aigerim@example.kz',
  recipients: [],
  envelopeId: 'QQ+2B1',
  returnContent: undefined,
  smtpUtf8: false,
  account: undefined,
  attempts: 1,
  acceptedAt: Date.UTC(2026, 10, 23),
  content: { sizeBytes: 0, read: () => Promise.resolve(new Uint8Array()) },
};

const options: DsnOptions = {
  action: 'failed',
  entry,
  recipients: [
    {
      recipient: {
        forwardPath: 'joe@elsewhere.example',
        notify: undefined,
        originalRecipient: 'rfc822;Joe@elsewhere.example',
      },
      reply: '550 5.1.1 No such\r\nuser \u0007ә',
    },
    {
      recipient: {
        forwardPath: 'ann@elsewhere.example',
        notify: undefined,
        originalRecipient: undefined,
      },
      reply: undefined,
    },
  ],
  hostname: 'mx.example.kz',
  relayHost: 'relay.example',
  nowMs: Date.UTC(2026, 10, 24),
  id: 'abc',
  returned: { kind: 'header', octets: Buffer.from('Subject: x\r\nFrom: aigerim@example.kz\r\n') },
  giveUpAtMs: Date.UTC(2026, 10, 28),
};

describe('a delivery status notification', () => {
  it('is a multipart/report that programs can read', async () => {
    const octets = deliveryStatusNotification(options);
    const text = octets.toString();
    expect(text.replaceAll('\r\n', '')).to.not.match(/[\r\n]/);
    expect(text).to.match(/^From: Mail Delivery System <postmaster@mx\.example\.kz>\r\n/);
    expect(text).to.contain('Auto-Submitted: auto-replied\r\n');
    expect(text).to.contain(
      [
        'Reporting-MTA: dns; mx.example.kz',
        'Original-Envelope-Id: QQ+2B1',
        'Arrival-Date: Mon, 23 Nov 2026 00:00:00 +0000',
        '',
        'Original-Recipient: rfc822; Joe@elsewhere.example',
        'Final-Recipient: rfc822; joe@elsewhere.example',
        'Action: failed',
        'Status: 5.1.1',
        'Remote-MTA: dns; relay.example',
        'Diagnostic-Code: smtp; 550 5.1.1 No such user ??',
        'Last-Attempt-Date: Tue, 24 Nov 2026 00:00:00 +0000',
        '',
        'Final-Recipient: rfc822; ann@elsewhere.example',
        'Action: failed',
        'Status: 5.4.7',
        '',
      ].join('\r\n'),
    );
    expect(text).to.match(
      /Content-Type: text\/rfc822-headers\r\n\r\nSubject: x\r\nFrom: aigerim@example\.kz\r\n\r\n--=_dsn_abc--\r\n$/,
    );
    const parsed = await simpleParser(octets);
    expect(parsed.text)
      .to.contain('Ваше письмо не доставлено')
      .and.contain('Хатыңыз')
      .and.contain('could not');
    expect(parsed.attachments.map(({ contentType }) => contentType)).to.include(
      'text/rfc822-headers',
    );
  });

  it('says until when a delayed letter is tried', () => {
    const text = deliveryStatusNotification({ ...options, action: 'delayed' }).toString();
    expect(text).to.contain('Action: delayed\r\nStatus: 4.4.7\r\n');
    expect(text).to.contain('Will-Retry-Until: Sat, 28 Nov 2026 00:00:00 +0000\r\n');
  });

  it('returns the whole letter', async () => {
    const letter = 'Subject: x\r\n\r\nбәрі\r\n';
    const octets = deliveryStatusNotification({
      ...options,
      returned: { kind: 'whole', octets: Buffer.from(letter) },
    });
    expect(octets.toString()).to.contain(
      `Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${letter}\r\n--=_dsn_abc--`,
    );
    expect(
      (await simpleParser(octets)).attachments.map(({ content }) => content.toString()),
    ).to.include(letter);
  });

  it('says where a letter was delivered, in the words of RFC 3464', () => {
    const text = deliveryStatusNotification({
      ...options,
      action: 'delivered',
      relayHost: undefined,
      recipients: options.recipients.map(({ recipient }) => ({ recipient, reply: undefined })),
    }).toString();
    expect(text).to.contain('Subject: Successful Mail Delivery Report\r\n');
    expect(text).to.contain('joe@elsewhere.example\r\nAction: delivered\r\nStatus: 2.0.0\r\n');
    expect(text).to.contain('Ваше письмо доставлено').and.contain('жәшігіне түсті');
    expect(text).to.not.contain('Remote-MTA').and.not.contain('Diagnostic-Code');
  });

  it('takes the international forms of RFC 6533 where addresses need them', () => {
    const text = deliveryStatusNotification({
      ...options,
      recipients: [
        {
          recipient: { forwardPath: 'ә@қаз', notify: undefined, originalRecipient: undefined },
          reply: undefined,
        },
      ],
    }).toString();
    expect(text).to.contain('Content-Type: message/global-delivery-status\r\n');
    expect(text).to.contain('Content-Type: message/global-headers\r\n');
    expect(text).to.contain('Final-Recipient: utf-8; ә@қаз\r\n');
  });

  for (const [action, reply, want] of [
    ['failed', '550 5.7.1 x', '5.7.1'],
    ['failed', '550-5.7.1 x', '5.7.1'],
    ['failed', '550 no code', '5.0.0'],
    ['failed', '451 4.7.1 greylisted for five days', '5.0.0'],
    ['failed', undefined, '5.4.7'],
    ['delayed', '451 4.7.1 x', '4.7.1'],
    ['delayed', '550 5.7.1 x', '4.4.7'],
  ] as const) {
    it(`${action} with ${reply ?? 'no reply'} is ${want}`, () => {
      expect(statusOf(action, reply)).to.equal(want);
    });
  }
});
