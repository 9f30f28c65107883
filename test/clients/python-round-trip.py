"""A letter through python3's own smtplib and imaplib. Arguments: host, ports, CA file; the password on standard input."""
import imaplib
import smtplib
import ssl
import sys
from email.message import EmailMessage

submission, submissions, imap, imaps = map(int, sys.argv[1:5])
context = ssl.create_default_context(cafile=sys.argv[5])
sender, reader = sys.argv[6:8]
# imaplib and smtplib encode credentials as ASCII, so this account's password is ASCII.
password = sys.stdin.read()


def letter(subject):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, reader, subject
    message.set_content("Сәлем!\n.\n..\nсоңы\n")
    return message


with smtplib.SMTP("localhost", submission) as client:
    client.starttls(context=context)
    client.login(sender, password)
    client.send_message(letter("python starttls"))
with smtplib.SMTP_SSL("localhost", submissions, context=context) as client:
    client.login(sender, password)
    client.send_message(letter("python tls"))

for client in (imaplib.IMAP4("localhost", imap), imaplib.IMAP4_SSL("localhost", imaps, ssl_context=context)):
    if not isinstance(client, imaplib.IMAP4_SSL):
        client.starttls(context)
    client.login(reader, password)
    status, count = client.select("INBOX")
    assert status == "OK", status
    status, found = client.search("UTF-8", "TEXT", '"starttls"')
    assert (status, len(found[0].split())) == ("OK", 1), found
    status, data = client.fetch(found[0].split()[0], "(UID FLAGS BODY.PEEK[])")
    assert status == "OK" and b"python starttls" in data[0][1], data
    client.create("py")
    assert client.copy("1", "py")[0] == "OK"
    assert client.copy("1", "INBOX")[0] == "OK"
    status, count = client.select("INBOX")
    client.store(count[0], "+FLAGS", "\\Deleted")
    assert client.expunge()[1] != [None]
    client.delete("py")
    client.logout()
print("fine")
