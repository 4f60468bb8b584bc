"""Asks a Gatehouse as stalwart-cli does: session, schema, pages, changes, errors, actions. Every octet is as promised.

Standard input: {"port", "username", "password", "token"}. The token may read listeners and nothing else. The document has
the listeners management, smtp, lmtp and imap, the certificate main, which is the default one, and BlockedIp 192.0.2.1.
"""

import base64
import gzip
import hashlib
import http.client
import json
import re
import sys

job = json.load(sys.stdin)
basic = "Basic " + base64.b64encode(f"{job['username']}:{job['password']}".encode()).decode()
connection = http.client.HTTPConnection("127.0.0.1", job["port"], timeout=60)
USING = ["urn:ietf:params:jmap:core", "urn:stalwart:jmap"]
STATE = re.compile(r'"((?:query|old|new|session)?[sS]tate)":"[\w-]{16}"')


def ask(method, path, body=None, headers=None, authorization=basic):
    """One request on the connection that is kept."""
    fields = {"Authorization": authorization} if authorization else {}
    connection.request(method, path, body=body, headers={**fields, **(headers or {})})
    response = connection.getresponse()
    return response.status, response.headers, response.read()


def same(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}:\n  got    {got}\n  wanted {wanted}")


def post(calls, authorization=basic, **more):
    body = json.dumps({"using": USING, "methodCalls": calls, **more})
    status, headers, answer = ask("POST", api, body, {"Content-Type": "application/json"}, authorization)
    same("status", (status, headers["Content-Type"], headers["Cache-Control"]), (200, "application/json", "no-store"))
    return answer.decode()


def dialogue(what, calls, wanted, **more):
    """Compares the method responses as they are on the wire; states are what the server makes of them."""
    text = STATE.sub(r'"\1":"S"', post(calls, **more))
    text = re.sub(r'"plan":.*?,"planText":', '"plan":{},"planText":', text)
    same(what, text, '{"methodResponses":[' + wanted + '],"sessionState":"S"}')


def one(name, arguments):
    [[_, answer, _]] = json.loads(post([[name, arguments, "c"]]))["methodResponses"]
    return answer


# The session resource: where it is, and what it says.
status, headers, _ = ask("GET", "/.well-known/jmap")
same("well-known", (status, headers["Location"]), (307, "/jmap/session"))
status, headers, body = ask("GET", "/jmap/session")
session = json.loads(body)
core = (
    '{"maxSizeUpload":0,"maxConcurrentUpload":0,"maxSizeRequest":10000000,"maxConcurrentRequests":8,'
    '"maxCallsInRequest":32,"maxObjectsInGet":1000,"maxObjectsInSet":1000,"collationAlgorithms":["i;octet"]}'
)
same(
    "session",
    STATE.sub(r'"\1":"S"', body.decode()),
    '{"capabilities":{"urn:ietf:params:jmap:core":' + core + ',"urn:stalwart:jmap":{}},'
    '"accounts":{"server":{"name":"ann@example.com","isPersonal":false,"isReadOnly":false,'
    '"accountCapabilities":{"urn:ietf:params:jmap:core":{},"urn:stalwart:jmap":{}}}},'
    '"primaryAccounts":{"urn:ietf:params:jmap:core":"server","urn:stalwart:jmap":"server"},'
    '"username":"ann@example.com","apiUrl":"/jmap/",'
    '"downloadUrl":"/jmap/download/{accountId}/{blobId}/{name}?accept={type}",'
    '"uploadUrl":"/jmap/upload/{accountId}/",'
    '"eventSourceUrl":"/jmap/eventsource/?types={types}&closeafter={closeafter}&ping={ping}","state":"S"}',
)
api = session["apiUrl"]

# The schema: one redirect, by whose last segment it is kept, and which is its digest.
status, headers, _ = ask("GET", "/api/schema")
same("schema's place", status, 302)
place = headers["Location"]
status, headers, body = ask("GET", place, headers={"Accept-Encoding": "gzip"})
same("schema", (status, headers["Content-Encoding"], headers["Content-Type"]), (200, "gzip", "application/json"))
schema_text = gzip.decompress(body)
digest = base64.urlsafe_b64encode(hashlib.sha256(schema_text).digest()).decode().rstrip("=")
same("schema's digest", place, f"/api/schema/{digest}")
same("schema in clear", ask("GET", place)[2], schema_text)
schema = json.loads(schema_text)
same("the listener's object", schema["objects"]["x:NetworkListener"]["permissionPrefix"], "sysNetworkListener")

# Query and get in one request, by a result reference.
QUERY = "x:NetworkListener/query"
REFERENCE = {"resultOf": "q", "name": QUERY, "path": "/ids"}
dialogue(
    "query and get",
    [
        [QUERY, {"filter": {"protocol": "smtp"}, "limit": 50, "calculateTotal": True}, "q"],
        ["x:NetworkListener/get", {"#ids": REFERENCE, "properties": ["name", "bind", "tlsTimeout"]}, "g"],
    ],
    '["x:NetworkListener/query",{"accountId":"server","queryState":"S","canCalculateChanges":false,"position":0,'
    '"ids":["smtp"],"total":1},"q"],'
    '["x:NetworkListener/get",{"accountId":"server","state":"S","list":[{"id":"smtp","name":"smtp",'
    '"bind":{"127.0.0.1:0":true},"tlsTimeout":60000}],"notFound":[]},"g"]',
)

# Page by page: by the last id of the page before.
found = []
while True:
    anchor = {"anchor": found[-1], "anchorOffset": 1} if found else {}
    page = one(QUERY, {"filter": {}, "limit": 2, "calculateTotal": True, **anchor})
    same("total", (page["total"], page["position"]), (4, len(found)))
    if not page["ids"]:
        break
    found += page["ids"]
same("pages", found, ["management", "smtp", "lmtp", "imap"])

# Changes: made, referred to, patched, taken away; and what keeps them from being made.
before = one("x:NetworkListener/get", {"ids": []})["state"]
NONE = '"notCreated":{},"notUpdated":{},"notDestroyed":{}'
LISTENER = {"name": "pop", "protocol": "pop3", "bind": {"127.0.0.1:0": True}, "useTls": False}
dialogue(
    "create",
    [
        ["x:NetworkListener/set", {"ifInState": before, "create": {"n1": LISTENER}}, "s"],
        ["x:NetworkListener/get", {"ids": ["#n1", "none"], "properties": ["protocol"]}, "g"],
    ],
    '["x:NetworkListener/set",{"accountId":"server","oldState":"S","newState":"S","created":{"n1":{"id":"pop"}},'
    '"updated":{},"destroyed":[],' + NONE + ',"plan":{},'
    '"planText":"management: unchanged\\nsmtp: unchanged\\nlmtp: unchanged\\nimap: unchanged\\n'
    'pop: added (+127.0.0.1:0)\\n","keptIn":null},"s"],'
    '["x:NetworkListener/get",{"accountId":"server","state":"S","list":[{"id":"pop","protocol":"pop3"}],'
    '"notFound":["none"]},"g"]',
)
same("another state", one("x:NetworkListener/get", {"ids": []})["state"] != before, True)
changed = one("x:NetworkListener/set", {"update": {"pop": {"maxConnections": 7, "bind/127.0.0.2:0": True}}})
same("update", (changed["updated"], changed["notUpdated"]), ({"pop": None}, {}))
tried = one("x:NetworkListener/set", {"dryRun": True, "destroy": ["pop"]})
same("trial", (tried["dryRun"], tried["oldState"] == tried["newState"]), (True, True))
same("destroy", one("x:NetworkListener/set", {"destroy": ["pop"]})["destroyed"], ["pop"])

MESSAGE = r'"description":"(?:[^"\\]|\\.)+"'


def refused(what, name, arguments, wanted):
    """How one object is refused; descriptions are for people."""
    text = re.sub(MESSAGE, '"description":"D"', post([[name, arguments, "s"]]))
    text = re.sub(r'"value":"(?:[^"\\]|\\.)+"', '"value":"V"', text)
    same(what, re.search(r'"(?:notCreated|notUpdated|notDestroyed)":(\{".*?\})(?:,"not|\},"s")', text).group(1), wanted)


SET = "x:NetworkListener/set"
OF_TTL = (
    '{"type":"invalidProperties","description":"D","properties":["socketTtl"],'
    '"validationErrors":[{"type":"Invalid","property":"socketTtl","value":"V"}]}'
)
ROLLED_BACK = '{"type":"validationFailed","description":"D","validationErrors":[],"reason":"rolled-back"}'
TAKEN = '"description":"D","properties":'
IN_USE = '"linkedObjects":[{"object":"x:SystemSettings","id":"singleton"}]'
NO_CERTIFICATE = {"update": {"singleton": {"defaultCertificateId": "none"}}}
TWO = {"smtp": {"socketTtl": 256}, "lmtp": {"useTls": False}}
REFUSALS = [
    (SET, {"update": {"smtp": {"bind": ["127.0.0.1:0"]}}}, '{"smtp":{"type":"invalidPatch",' + TAKEN + '["bind"]}}'),
    (SET, {"update": {"none": {"useTls": True}}}, '{"none":{"type":"notFound","description":"D"}}'),
    (SET, {"destroy": ["none"]}, '{"none":{"type":"notFound","description":"D"}}'),
    (
        SET,
        {"create": {"n": {**LISTENER, "name": "smtp"}}},
        '{"n":{"type":"primaryKeyViolation",' + TAKEN + '["name"],"existingId":"smtp"}}',
    ),
    (
        "x:BlockedIp/set",
        {"create": {"n": {"address": "192.0.2.1/32"}}},
        '{"n":{"type":"alreadyExists",' + TAKEN + '["address"],"existingId":"192.0.2.1"}}',
    ),
    ("x:SystemSettings/set", {"create": {"n": {}}}, '{"n":{"type":"singleton","description":"D"}}'),
    (
        "x:SystemSettings/set",
        NO_CERTIFICATE,
        '{"singleton":{"type":"invalidForeignKey",' + TAKEN + '["defaultCertificateId"]}}',
    ),
    (
        "x:Certificate/set",
        {"destroy": ["main"]},
        '{"main":{"type":"objectIsLinked","description":"D",' + IN_USE + "}}",
    ),
    (SET, {"update": {"smtp": {"socketTtl": 256}}}, '{"smtp":' + OF_TTL + "}"),
    (SET, {"update": TWO}, '{"smtp":' + OF_TTL + ',"lmtp":' + ROLLED_BACK + "}"),
]
for name, arguments, wanted in REFUSALS:
    refused(json.dumps(arguments), name, arguments, wanted)

# Method errors: the call changes nothing, and those behind it are carried out.
MANY = [str(number) for number in range(1001)]
ERRORS = [
    ("x:NetworkListener/changes", {}, "unknownMethod"),
    ("x:Nothing/get", {}, "unknownMethod"),
    ("x:NetworkListener/get", {"ids": "smtp"}, "invalidArguments"),
    ("x:NetworkListener/get", {"properties": ["color"]}, "invalidArguments"),
    ("x:NetworkListener/get", {"ids": [], "#ids": REFERENCE}, "invalidArguments"),
    ("x:NetworkListener/get", {"#ids": REFERENCE}, "invalidResultReference"),
    ("x:NetworkListener/get", {"accountId": "other"}, "accountNotFound"),
    ("x:NetworkListener/get", {"ids": MANY}, "requestTooLarge"),
    (SET, {"destroy": MANY}, "requestTooLarge"),
    (SET, {"ifInState": "another", "destroy": ["smtp"]}, "stateMismatch"),
    (QUERY, {"filter": {"color": "red"}}, "unsupportedFilter"),
    (QUERY, {"sort": [{"property": "bind"}]}, "unsupportedSort"),
    (QUERY, {"anchor": "none"}, "anchorNotFound"),
]
for name, arguments, kind in ERRORS:
    text = re.sub(MESSAGE, '"description":"D"', post([[name, arguments, "e"], ["Core/echo", {"a": 1}, "f"]]))
    wanted = '[["error",{"type":"' + kind + '","description":"D"},"e"],["Core/echo",{"a":1},"f"]]'
    same(f"{name} {kind}", text[len('{"methodResponses":') : text.rindex(',"sessionState"')], wanted)
text = post([["x:NetworkListener/get", {"ids": ["#b"], "properties": ["name"]}, "g"]], createdIds={"b": "imap"})
same(
    "ids of earlier requests",
    STATE.sub(r'"\1":"S"', text),
    '{"methodResponses":[["x:NetworkListener/get",{"accountId":"server","state":"S",'
    '"list":[{"id":"imap","name":"imap"}],"notFound":[]},"g"]],"createdIds":{"b":"imap"},"sessionState":"S"}',
)

# A token may do less; a wrong one nothing.
bearer = "Bearer " + job["token"]
calls = [["x:NetworkListener/get", {"ids": []}, "g"], [QUERY, {}, "q"], [SET, {"destroy": ["smtp"]}, "s"]]
answers = json.loads(post(calls, bearer))["methodResponses"]
same("token", [(name, answer.get("type")) for name, answer, _ in answers], [
    ("x:NetworkListener/get", None),
    ("error", "forbidden"),
    ("error", "forbidden"),
])

# Requests that are refused as a whole: problem documents.
ECHO = '["Core/echo",{},"c"]'
CORE = '"urn:ietf:params:jmap:core"'
REQUESTS = [
    ("{", "notJSON", ""),
    ("[]", "notRequest", ""),
    ('{"using":[' + CORE + "]}", "notRequest", ""),
    ('{"using":["urn:none"],"methodCalls":[]}', "unknownCapability", ""),
    ('{"using":[],"methodCalls":[' + ",".join([ECHO] * 33) + "]}", "limit", ',"limit":"maxCallsInRequest"'),
]
for body, kind, limit in REQUESTS:
    status, headers, answer = ask("POST", api, body, {"Content-Type": "application/json"})
    text = re.sub(r'"detail":"(?:[^"\\]|\\.)+"', '"detail":"D"', answer.decode())
    same(kind, (status, headers["Content-Type"]), (400, "application/problem+json"))
    same(kind, text, '{"type":"urn:ietf:params:jmap:error:' + kind + '","status":400,"detail":"D"' + limit + "}\n")
# Too large by what it announces: that is said before anything of it is sent.
connection.putrequest("POST", api)
for name, value in [("Authorization", basic), ("Content-Type", "application/json"), ("Content-Length", "10000001")]:
    connection.putheader(name, value)
connection.endheaders()
response = connection.getresponse()
same("too large", (response.status, b'"limit":"maxSizeRequest"' in response.read()), (400, True))
connection.close()
status, headers, answer = ask("POST", api, "{}", {"Content-Type": "text/plain"})
same("no JSON by its type", (status, b"error:notJSON" in answer), (400, True))
same("nothing there", ask("GET", "/jmap/none")[0], 404)
status, headers, answer = ask("GET", "/jmap/session", authorization=None)
same("nobody", (status, headers["WWW-Authenticate"]), (401, 'Basic realm="Gatehouse", charset="UTF-8", Bearer'))
same(
    "nobody",
    answer,
    b'{"type":"about:blank","status":401,'
    b'"detail":"Log in: by Basic, by a token, or on the console\'s page."}\n',
)

# Actions.
def act(**action):
    answer = one("x:Action/set", {"create": {"a": action}})
    return "done" if answer["created"] else answer["notCreated"]["a"]["type"]


ACTIONS = [
    ({"@type": "SuspendListener", "listenerId": "smtp"}, "done"),
    ({"@type": "ResumeListener", "listenerId": "smtp"}, "done"),
    ({"@type": "DrainListener", "listenerId": "lmtp"}, "done"),
    ({"@type": "ReloadSettings"}, "done"),
    ({"@type": "ReloadTlsCertificates"}, "done"),
    ({"@type": "ReloadBlockedIps"}, "done"),
    ({"@type": "Explode"}, "invalidProperties"),
    ({"@type": "SuspendListener", "listenerId": "none"}, "notFound"),
    ({"@type": "SuspendListener"}, "invalidProperties"),
    ({"@type": "CloseConnection", "connectionId": "none"}, "notFound"),
]
for action, outcome in ACTIONS:
    same(json.dumps(action), act(**action), outcome)
print("done")
