import { type Attack, portOf, repeated } from "./attack.ts";
import { defaultMailboxLimits, defaultManageSieveLimits as limits } from "./limits.ts";
import { Peer } from "./peer.ts";
import { addressOf } from "./smtp.ts";

const requires = 'require ["regex","variables","encoded-character","envelope","fileinto","foreverypart","mime"];\r\n';
const size = defaultMailboxLimits.maxScriptSize - requires.length - 200;

const scripts: Readonly<Record<string, string>> = {
  comments: repeated("/**/", size),
  "unfinished comments": `${repeated("/*", size)}`,
  commands: repeated("keep;", size),
  "tests in each other": `if ${repeated("anyof(", size)}`,
  "blocks in each other": repeated("if true {", size),
  "a list of strings": `if header "a" [${repeated('"b",', size)}"c"] {keep;}`,
  "a string": `fileinto "${repeated("\\\\", size)}";`,
  "encoded characters": `fileinto "${repeated(`$${"{hex:40}"}`, size)}";`,
  variables: `set "a" "${repeated(`$${"{a}"}`, size)}";`,
  "a regular expression": `if header :regex "a" "${repeated("[[:", size)}" {keep;}`,
  "groups of a regular expression": `if header :regex "a" "${repeated("(a*)*", size)}" {keep;}`,
  addresses: `if address "from" [${repeated('"a@b",', size)}"c@d"] {keep;}`,
  "one address": `redirect "${repeated("(", size)}";`,
  "a text of lines": `fileinto text:\r\n${repeated("..\r\n", size)}.\r\n;`,
  requires: repeated('require "fileinto";', size),
  mistakes: repeated("foo;", size),
  tags: `keep ${repeated(":a ", size)};`,
};

export function manageSieveAttacks(): Attack[] {
  return [
    before("a line as long as it may be", repeated("x", limits.commandLine * 2)),
    before(
      "AUTHENTICATE, as long as it may be",
      `AUTHENTICATE "PLAIN" {${limits.authLine - 10}+}\r\n${repeated("A", limits.authLine - 10)}\r\n`,
    ),
    before("CAPABILITY, pipelined", "CAPABILITY\r\n".repeat(50)),
    loggedIn("NOOP, pipelined", 'NOOP "a"\r\n'.repeat(5_000)),
    loggedIn("LISTSCRIPTS, pipelined", "LISTSCRIPTS\r\n".repeat(1_000)),
    loggedIn("HAVESPACE, pipelined", 'HAVESPACE "a" 100\r\n'.repeat(1_000)),
    loggedIn("GETSCRIPT, pipelined", `${put("big", repeated("#\r\n", size))}${'GETSCRIPT "big"\r\n'.repeat(100)}`),
    loggedIn("PUTSCRIPT, pipelined", put("a", "keep;").repeat(500)),
    loggedIn("a script that is too long", put("a", repeated("#\r\n", limits.refusedScript - 10))),
    ...Object.entries(scripts).flatMap(([what, script]) => [
      loggedIn(`CHECKSCRIPT of ${what}`, `CHECKSCRIPT ${literal(requires + script)}\r\n`),
    ]),
  ];
}

const literal = (text: string): string => `{${text.length}+}\r\n${text}`;
const put = (name: string, script: string): string => `PUTSCRIPT "${name}" ${literal(script)}\r\n`;

function before(name: string, input: string): Attack {
  return {
    protocol: "ManageSieve",
    name,
    open: async (ports) => {
      const peer = await Peer.open(portOf(ports, "manageSieve"));
      await peer.until("OK");
      return peer;
    },
    run: (peer) => sayAll(peer, input),
  };
}

function loggedIn(name: string, input: string): Attack {
  return {
    protocol: "ManageSieve",
    name,
    open: async (ports) => {
      const peer = await Peer.open(portOf(ports, "manageSieve"));
      const credentials = Buffer.from(`\0${addressOf("sink")}\0secret`).toString("base64");
      await peer.send(`AUTHENTICATE "PLAIN" "${credentials}"\r\nNOOP "ready"\r\n`);
      await peer.until('OK (TAG "ready")');
      return peer;
    },
    run: (peer) => sayAll(peer, input),
  };
}

async function sayAll(peer: Peer, input: string): Promise<string> {
  await peer.send(input, "LOGOUT\r\n");
  return peer.end();
}
