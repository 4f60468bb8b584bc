"""Reads mail with Python's imaplib: the port and the certificate as arguments, what came of each step as JSON lines."""

import imaplib
import json
import ssl
import sys


def say(step, result):
    def plain(value):
        if isinstance(value, bytes):
            return value.decode("utf-8", "replace")
        if isinstance(value, (list, tuple)):
            return [plain(each) for each in value]
        return value

    print(json.dumps([step, plain(result)]))


def connect(mode, port, certificate):
    context = ssl.create_default_context(cafile=certificate)
    if mode == "implicit":
        return imaplib.IMAP4_SSL("localhost", port, ssl_context=context, timeout=30)
    client = imaplib.IMAP4("localhost", port, timeout=30)
    if mode == "STARTTLS":
        client.starttls(context)
    return client


def main(mode, port, certificate, username, password):
    client = connect(mode, int(port), certificate)
    if mode == "clear":
        client.login(username, password)
    else:
        client.authenticate("PLAIN", lambda _: f"\0{username}\0{password}".encode())
    say("select", client.select())
    say("append", client.append("INBOX", r"(\Seen)", imaplib.Time2Internaldate(1700000000), b"Subject: New\r\n\r\nx\r\n")[0])
    say("search", client.search(None, "ALL"))
    say("search text", client.uid("SEARCH", "CHARSET", "UTF-8", "BODY", '"This is"'))
    say("fetch", client.fetch("1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))
    say("dates", client.fetch("2", "(INTERNALDATE RFC822.SIZE)"))
    say("store", client.store("1", "+FLAGS", r"(\Deleted)"))
    say("copy", client.copy("1", "Archive")[0])
    say("no such mailbox", client.copy("1", "Nowhere")[0])
    say("expunge", client.expunge())
    client.create('"A \\"quoted\\" name"')
    say("list", client.list('""', '"A *"'))
    say("namespace", client.namespace())
    say("status", client.status("Archive", "(MESSAGES UNSEEN)"))
    say("close", client.close()[0])
    say("logout", client.logout()[0])


main(*sys.argv[1:])
