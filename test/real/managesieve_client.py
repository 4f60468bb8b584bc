"""A ManageSieve client for tests, in Python's own modules: jobs as JSON on standard input, answers as JSON on standard output.

It speaks as Thunderbird's add-on does: STARTTLS, capabilities read again, AUTHENTICATE without an initial response, scripts
as non-synchronizing literals. A job is a list of commands; each is a list of words: a name, strings, numbers.
"""

import base64
import json
import re
import socket
import ssl
import sys


class Client:
    def __init__(self, job):
        context = ssl.create_default_context(cafile=job["certificate"])
        self.socket = socket.create_connection(("127.0.0.1", job["port"]), timeout=30)
        if job["tls"] == "implicit":
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self.file = self.socket.makefile("rb")
        self.greeting = self.response()
        if job["tls"] == "STARTTLS":
            self.socket.sendall(b"STARTTLS\r\n")
            started = self.response()
            if started["status"] != "OK":
                raise RuntimeError(started)
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
            self.file = self.socket.makefile("rb")
            self.greeting = self.response()

    def log_in(self, username, password):
        self.socket.sendall(b'AUTHENTICATE "PLAIN"\r\n')
        challenge = self.words()
        if challenge != [""]:
            return {"status": challenge[0], "lines": []}
        response = base64.b64encode(f"\0{username}\0{password}".encode())
        self.socket.sendall(b'"' + response + b'"\r\n')
        return self.response()

    def command(self, words):
        name, *arguments = words
        line = name.encode()
        for argument in arguments:
            if isinstance(argument, int):
                line += b" %d" % argument
            else:
                octets = argument.encode()
                line += b" {%d+}\r\n" % len(octets) + octets
        self.socket.sendall(line + b"\r\n")
        return self.response()

    def words(self):
        """One line of the server, with the literals in it."""
        words, line = [], self.file.readline()
        if not line.endswith(b"\r\n"):
            raise EOFError(line)
        while True:
            literal = re.search(rb"\{(\d+)\}\r\n$", line)
            text = line[: literal.start()] if literal else line[:-2]
            for quoted, atom in re.findall(rb'"((?:[^"\\]|\\.)*)"|([^" ]+)', text):
                words.append((atom or re.sub(rb"\\(.)", rb"\1", quoted)).decode())
            if not literal:
                return words
            words.append(self.file.read(int(literal[1])).decode())
            line = self.file.readline()

    def response(self):
        lines = []
        while True:
            words = self.words()
            if words and words[0] in ("OK", "NO", "BYE"):
                return {"status": words[0], "words": words[1:], "lines": lines}
            lines.append(words)


def carry_out(job):
    client = Client(job)
    answers = [client.greeting, client.log_in(job["username"], job["password"])]
    answers += [client.command(words) for words in job["commands"]]
    client.socket.close()
    return answers


json.dump([carry_out(job) for job in json.load(sys.stdin)], sys.stdout)
