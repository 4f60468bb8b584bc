"""Carries out one session as JSON on standard input says, and tells what came of each step."""
import base64
import json
import poplib
import ssl
import sys

job = json.load(sys.stdin)
context = ssl.create_default_context(cafile=job["certificate"])
poplib._MAXLINE = 100_000


def connect():
    if job["tls"] == "implicit":
        return poplib.POP3_SSL("localhost", job["port"], context=context, timeout=20)
    client = poplib.POP3("localhost", job["port"], timeout=20)
    client.stls(context=context)
    return client


def plain(value):
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, (tuple, list)):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {plain(key): plain(one) for key, one in value.items()}
    return value


client = connect()
outcomes = []
for name, *arguments in job["steps"]:
    try:
        value = getattr(client, name)(*arguments)
        if name in ("retr", "top"):
            value = base64.b64encode(b"\r\n".join(value[1]) + b"\r\n").decode()
        outcomes.append({"value": plain(value)})
    except poplib.error_proto as error:
        outcomes.append({"error": plain(error.args[0])})
print(json.dumps(outcomes))
