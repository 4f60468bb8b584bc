import { type Attack, portOf, repeated } from "./attack.ts";
import { hostileMessages } from "./hostile-messages.ts";
import { defaultPop3Limits as limits } from "./limits.ts";
import { Peer } from "./peer.ts";
import { accountOf, addressOf, octetsText } from "./smtp.ts";

/** Each command of POP3; `many` messages are in the maildrop of that name. */
export function pop3Attacks({ sizes, many }: { readonly sizes: readonly number[]; readonly many: number }): Attack[] {
  const deletions = Array.from({ length: many }, (_, index) => `DELE ${index + 1}\r\n`).join("");
  return [
    before("a line as long as it may be", repeated("x", limits.commandLine * 2)),
    before(
      "USER, as long as it may be",
      `USER ${repeated("x", limits.commandLine - 10)}\r\nPASS ${repeated("x", limits.commandLine - 10)}\r\n`,
    ),
    before("AUTH, as long as it may be", `AUTH PLAIN ${repeated("A", limits.authLine - 20)}\r\n`),
    before("CAPA, pipelined", "CAPA\r\n".repeat(10_000)),
    loggedIn("NOOP and STAT, pipelined", "NOOP\r\nSTAT\r\n".repeat(5_000)),
    loggedIn("LIST, pipelined", "LIST\r\n".repeat(100)),
    loggedIn("UIDL, pipelined", "UIDL\r\n".repeat(100)),
    loggedIn("TOP, pipelined", Array.from({ length: 1_000 }, (_, index) => `TOP ${index + 1} 10\r\n`).join("")),
    loggedIn("RETR, pipelined", Array.from({ length: 1_000 }, (_, index) => `RETR ${index + 1}\r\n`).join("")),
    { ...loggedIn("DELE of everything, and QUIT", deletions, "delete"), single: true },
    ...sizes.flatMap((size) =>
      hostileMessages.map((message): Attack => {
        const what = `${octetsText(size)} ${message.what}`;
        return {
          ...loggedIn(`TOP, ${what}`, "TOP 1 99999999\r\n", accountOf(message, size)),
          mail: size,
          single: true,
        };
      }),
    ),
  ];
}

function before(name: string, input: string): Attack {
  return {
    protocol: "POP3",
    name,
    open: (ports) => Peer.open(portOf(ports, "pop3")),
    run: (peer) => sayAll(peer, input),
  };
}

/** A maildrop is locked for one session. */
function loggedIn(name: string, input: string, account = "maildrop"): Attack {
  return {
    protocol: "POP3",
    name,
    single: true,
    open: async (ports) => {
      const peer = await Peer.open(portOf(ports, "pop3"));
      await peer.send(`USER ${addressOf(account)}\r\nPASS secret\r\nUIDL x\r\n`);
      await peer.until("-ERR");
      return peer;
    },
    run: (peer) => sayAll(peer, input),
  };
}

async function sayAll(peer: Peer, input: string): Promise<string> {
  await peer.send(input, "QUIT\r\n");
  return peer.end();
}
