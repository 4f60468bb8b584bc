"""Receives what sd_notify(3) sends: one line of JSON for each datagram. The first argument is the socket's path, or @name."""
import json
import socket
import sys

path = sys.argv[1]
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind("\0" + path[1:] if path.startswith("@") else path)
print(json.dumps({"bound": path}), flush=True)
while True:
    message = receiver.recv(65536).decode()
    print(json.dumps(dict(line.split("=", 1) for line in message.split("\n"))), flush=True)
