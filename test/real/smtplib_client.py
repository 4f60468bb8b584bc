"""Sends mail with Python's smtplib: jobs as JSON on standard input, what came of each as JSON on standard output."""

import json
import smtplib
import ssl
import sys


def connect(job):
    """A client that has been greeted and has said EHLO, under TLS where the job wants it."""
    context = ssl.create_default_context(cafile=job["certificate"])
    if job["tls"] == "implicit":
        client = smtplib.SMTP_SSL("localhost", job["port"], context=context, timeout=30)
    else:
        client = smtplib.SMTP("localhost", job["port"], timeout=30)
    client.ehlo()
    if job["tls"] == "STARTTLS":
        client.starttls(context=context)
        client.ehlo()
    return client


def log_in(client, login):
    """AUTH with the one mechanism wanted, or with what smtplib prefers."""
    client.user, client.password = login["username"], login["password"]
    mechanism = login.get("mechanism")
    if mechanism is None:
        client.login(client.user, client.password)
    else:
        initial = login.get("initialResponse", True)
        client.auth(mechanism, getattr(client, "auth_" + mechanism.lower()), initial_response_ok=initial)


def replies(client, count):
    """The codes of the replies to come."""
    return [client.getreply()[0] for _ in range(count)]


def envelope(job):
    recipients = [f"RCPT TO:<{address}>\r\n" for address in job["recipients"]]
    return "".join([f"MAIL FROM:<{job['sender']}>\r\n", *recipients]).encode()


def send_in_chunks(client, job, content):
    """BDAT (RFC 3030), which smtplib has no method for: chunks of the sizes given, the rest as the last one."""
    client.send(envelope(job))
    codes = replies(client, 1 + len(job["recipients"]))
    commands, position = [], 0
    for size in job["chunks"]:
        commands.append(b"BDAT %d\r\n" % size + content[position : position + size])
        position += size
    commands.append(b"BDAT %d LAST\r\n" % (len(content) - position) + content[position:])
    if job.get("pipelined"):
        client.send(b"".join(commands))
        return codes + replies(client, len(commands))
    for command in commands:
        client.send(command)
        codes += replies(client, 1)
    return codes


def send_pipelined(client, job, content):
    """All commands of the envelope at once (RFC 2920), which smtplib has no method for."""
    client.send(envelope(job) + b"DATA\r\n")
    codes = replies(client, 2 + len(job["recipients"]))
    client.send(smtplib._quote_periods(content) + b".\r\nQUIT\r\n")
    return codes + replies(client, 2)


def carry_out(job):
    outcome = {"features": {}, "refused": {}, "codes": []}
    with open(job["file"], "rb") as file:
        content = file.read()
    client = connect(job)
    outcome["features"] = client.esmtp_features
    if job.get("login"):
        log_in(client, job["login"])
    if "chunks" in job:
        outcome["codes"] = send_in_chunks(client, job, content)
    elif job.get("pipelined"):
        outcome["codes"] = send_pipelined(client, job, content)
        return outcome
    else:
        options = (job.get("mailOptions", []), job.get("rcptOptions", []))
        refused = client.sendmail(job["sender"], job["recipients"], content, *options)
        outcome["refused"] = {address: code for address, (code, _) in refused.items()}
    client.quit()
    return outcome


def attempt(job):
    try:
        return carry_out(job)
    except smtplib.SMTPRecipientsRefused as error:
        refused = {address: code for address, (code, _) in error.recipients.items()}
        return {"error": type(error).__name__, "refused": refused}
    except smtplib.SMTPResponseException as error:
        return {"error": type(error).__name__, "code": error.smtp_code, "text": error.smtp_error.decode()}
    except (smtplib.SMTPException, OSError) as error:
        return {"error": type(error).__name__, "text": str(error)}


json.dump([attempt(job) for job in json.load(sys.stdin)], sys.stdout)
