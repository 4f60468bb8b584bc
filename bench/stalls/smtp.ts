import { defaultSmtpLimits as limits } from "../../src/index.ts";
import { type Attack, portOf, repeated } from "./attack.ts";
import { type HostileMessage, hostileMessages } from "./hostile-messages.ts";
import { Peer } from "./peer.ts";

export const addressOf = (name: string): string => `${name}@example.com`;

/** The recipient of a hostile message of that size. */
export const accountOf = ({ name }: HostileMessage, size: number): string => `${name}-${size}`;

export const octetsText = (size: number): string => `${(size / 1e6).toFixed(0)} MB`;

/** Each command of SMTP and LMTP; `sizes` are those of messages, octets. */
export function smtpAttacks(sizes: readonly number[]): Attack[] {
  const recipient = addressOf("sink");
  const recipients = `RCPT TO:<${recipient}>\r\n`.repeat(limits.recipients);
  const octetByOctet = "BDAT 1\r\nx".repeat(Math.floor(4_194_304 / 9));
  return [
    greeted("a line as long as it may be", repeated("x", limits.commandLine * 2)),
    greeted("EHLO, a name as long as it may be", `EHLO ${repeated("x", limits.commandLine - 10)}\r\n`),
    greeted("MAIL, a path as long as it may be", `MAIL FROM:<${repeated('"\\a".', limits.commandLine - 40)}a@b>\r\n`),
    greeted(
      "MAIL, parameters as long as they may be",
      `MAIL FROM:<> ENVID=${repeated("+41", limits.commandLine - 40)}\r\n`,
    ),
    greeted("NOOP and RSET, pipelined", "NOOP\r\nRSET\r\n".repeat(limits.commandsWithoutMail)),
    greeted("VRFY and HELP, pipelined", "VRFY a\r\nHELP\r\n".repeat(limits.commandsWithoutMail)),
    greeted("AUTH, as long as it may be", `AUTH PLAIN ${repeated("A", limits.authLine - 20)}\r\n`),
    greeted("RCPT that nobody has, pipelined", `MAIL FROM:<>\r\n${"RCPT TO:<x@example.com>\r\n".repeat(1_000)}`),
    greeted(`RCPT of ${limits.recipients}, and DATA`, `MAIL FROM:<>\r\n${recipients}DATA\r\nSubject: a\r\n\r\n.\r\n`),
    greeted("BDAT of one octet, pipelined", `MAIL FROM:<>\r\nRCPT TO:<${recipient}>\r\n${octetByOctet}BDAT 0 LAST\r\n`),
    ...sizes.flatMap((size) => hostileMessages.map((message) => data(message, size))),
    {
      protocol: "LMTP",
      name: `RCPT of ${limits.recipients}, and DATA`,
      open: async (ports) => Peer.open(portOf(ports, "lmtp")),
      run: async (peer) => {
        await peer.send(`LHLO a\r\nMAIL FROM:<>\r\n${recipients}DATA\r\nSubject: a\r\n\r\n.\r\nQUIT\r\n`);
        return peer.end();
      },
    },
  ];

  function greeted(name: string, input: string): Attack {
    return {
      protocol: "SMTP",
      name,
      open: ready,
      run: async (peer) => {
        await peer.send(input, "QUIT\r\n");
        return peer.end();
      },
    };
  }
}

const ready: Attack["open"] = async (ports) => {
  const peer = await Peer.open(portOf(ports, "smtp"));
  await peer.send("EHLO a\r\n");
  await peer.until("250 ");
  return peer;
};

/** The message stays, for attacks that read it by other protocols. */
function data(message: HostileMessage, size: number): Attack {
  return {
    protocol: "SMTP",
    name: `DATA, ${octetsText(size)} ${message.what}`,
    single: true,
    open: ready,
    run: async (peer) => {
      await peer.send(`MAIL FROM:<>\r\nRCPT TO:<${addressOf(accountOf(message, size))}>\r\nDATA\r\n`);
      await peer.until("354 ");
      for (const piece of message.body(size)) await peer.send(piece);
      await peer.send("\r\n.\r\n");
      return peer.until("");
    },
  };
}

/** This many small messages for one account. */
export async function fill(
  port: number,
  { account, count }: { readonly account: string; readonly count: number },
): Promise<void> {
  const batch = 50;
  using peer = await Peer.open(port);
  await peer.send("EHLO a\r\n");
  await peer.until("250 ");
  for (let sent = 0; sent < count; sent += batch) {
    const messages = Array.from({ length: batch }, (_, index) => {
      const head = `From: a${sent + index}@example.com\r\nTo: b@example.com\r\nSubject: =?utf-8?q?=C3=A4?= ${sent + index}\r\n`;
      return `MAIL FROM:<>\r\nRCPT TO:<${addressOf(account)}>\r\nBDAT ${head.length + 2 + 200} LAST\r\n${head}\r\n${"x".repeat(200)}`;
    });
    await peer.send(messages.join(""), "VRFY end\r\n");
    await peer.until("252 ");
  }
}
