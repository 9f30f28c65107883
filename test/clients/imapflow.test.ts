import { expect } from 'chai';
import { ImapFlow } from 'imapflow';
import { createTransport } from 'nodemailer';
import { aigerim, ClientsServer, daulet, password } from './support.ts';

describe('nodemailer and imapflow', function () {
  this.timeout(120_000);
  let server: ClientsServer;

  before(async () => {
    server = await ClientsServer.start();
  });
  after(async () => {
    await server.stop();
  });

  function imap(user: string): ImapFlow {
    return new ImapFlow({
      host: 'localhost',
      port: server.ports.imaps,
      secure: true,
      auth: { user, pass: password },
      tls: { ca: server.authority },
      logger: false,
      qresync: true,
    });
  }

  it('a letter with attachments is sent, announced in IDLE, read, flagged, moved and deleted', async () => {
    const reader = imap(daulet);
    await reader.connect();
    const lock = await reader.getMailboxLock('INBOX');
    const announced = new Promise<number>((resolve) => {
      reader.once('exists', ({ count }: { count: number }) => {
        resolve(count);
      });
    });
    void reader.idle();

    const transport = createTransport({
      host: 'localhost',
      port: server.ports.submission,
      requireTLS: true,
      auth: { user: aigerim, pass: password },
      tls: { ca: server.authority },
    });
    const attachment = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 256));
    const sent = await transport.sendMail({
      from: `Әйгерім <${aigerim}>`,
      to: daulet,
      subject: 'Сәлем, Дәулет: құжаттар қосымшада',
      text: 'Құжаттар қосымшада.\n',
      html: '<p>Құжаттар қосымшада.</p>',
      attachments: [{ filename: 'құжат.bin', content: attachment }],
    });
    expect(sent.accepted).to.deep.equal([daulet]);
    transport.close();

    expect(await announced).to.equal(1);
    const [uid] = (await reader.search({ subject: 'ДӘУЛЕТ' }, { uid: true })) as number[];
    expect(await reader.search({ body: 'құжаттар' })).to.deep.equal([1]);
    const message = await reader.fetchOne(
      String(uid),
      { envelope: true, bodyStructure: true, flags: true, source: true, threadId: true },
      { uid: true },
    );
    if (message === false) throw new Error('no message');
    expect(message.envelope?.subject).to.equal('Сәлем, Дәулет: құжаттар қосымшада');
    expect(message.envelope?.from?.[0]?.name).to.equal('Әйгерім');
    expect(message.emailId).to.be.a('string');
    expect(message.bodyStructure?.childNodes?.[1]?.dispositionParameters?.['filename']).to.equal(
      'құжат.bin',
    );
    expect(message.source?.toString('latin1')).to.match(/^Return-Path: <aigerim@example\.kz>\r\n/);
    const { content } = await reader.download(String(uid), '2', { uid: true });
    if (content === undefined) throw new Error('no content');
    const chunks: Buffer[] = [];
    for await (const chunk of content) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).equals(attachment)).to.equal(true);

    await reader.messageFlagsAdd(String(uid), ['\\Seen', '$Important'], { uid: true });
    await reader.mailboxCreate('Жұмыс/2026');
    const moved = await reader.messageMove(String(uid), 'Жұмыс/2026', { uid: true });
    if (moved === false) throw new Error('not moved');
    expect(moved.uidMap?.get(uid as number)).to.equal(1);
    lock.release();
    const status = await reader.status('Жұмыс/2026', { messages: true, unseen: true });
    if (status === false) throw new Error('no status');
    expect([status.messages, status.unseen]).to.deep.equal([1, 0]);
    const second = await reader.getMailboxLock('Жұмыс/2026');
    const kept = await reader.fetchOne('1', { flags: true });
    if (kept === false) throw new Error('no message');
    expect([...(kept.flags ?? [])].sort()).to.deep.equal(['$Important', '\\Seen']);
    expect(await reader.messageDelete('1')).to.equal(true);
    expect(reader.mailbox === false ? -1 : reader.mailbox.exists).to.equal(0);
    second.release();
    await reader.logout();
  });

  it('finds the special mailboxes, and appends', async () => {
    const client = imap(aigerim);
    await client.connect();
    const uses = (await client.list()).flatMap(({ specialUse }) => specialUse ?? []);
    expect(uses).to.include.members(['\\Sent', '\\Drafts', '\\Junk', '\\Trash', '\\Archive']);
    const appended = await client.append('Drafts', 'Subject: draft\r\n\r\nnot yet\r\n', [
      '\\Draft',
    ]);
    expect(appended === false ? undefined : appended.uid).to.equal(1);
    const quota = await client.getQuota('INBOX');
    expect(quota).to.not.equal(undefined);
    await client.logout();
  });
});
