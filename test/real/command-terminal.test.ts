/** What a person's terminal is shown of what clients have sent. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { temporaryDirectory } from "../mailbox/temporary-directory.ts";
import { tlsClient } from "../runtime/raw-client.ts";
import { documentFile, entryPoint } from "./command.ts";
import { installed } from "./programs.ts";

/** C1's CSI, then "clear the screen"; right-to-left override; a line separator. */
const hostile = "\u009b2J\u202eevil\u2028";
const named = "<U+009B>2J<U+202E>evil<U+2028>";

/** The command on a terminal of its own. */
function onTerminal(...args: readonly string[]) {
  const line = [process.execPath, entryPoint, ...args].map((word) => `'${word}'`).join(" ");
  const child = spawn("script", ["-qefc", line, "/dev/null"], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const end = once(child, "close");
  let shown = "";
  let told = () => {};
  child.stdout.on("data", (chunk: Buffer) => {
    shown += chunk.toString("utf8");
    told();
  });
  return {
    end: async (): Promise<string> => {
      await end;
      return shown;
    },
    async until(wanted: RegExp): Promise<RegExpExecArray> {
      for (;;) {
        const found = wanted.exec(shown);
        if (found) return found;
        await new Promise<void>((resolve) => (told = resolve));
      }
    },
    kill: () => child.kill("SIGTERM"),
  };
}

function expectHarmless(shown: string): void {
  // pino-pretty's own colours are the only control sequences.
  const withoutColours = shown.replaceAll(/\x1b\[[0-9;]*m/g, "");
  expect(withoutColours).not.toMatch(/(?![\r\n])[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
}

test.skipIf(!installed("script"))("why a start failed stands there once, in words", async () => {
  const config = await documentFile({ NetworkListener: [{ name: "elsewhere", bind: ["203.0.113.1:0"] }] });
  const shown = await onTerminal("serve", "--config", config, "--data", temporaryDirectory()).end();
  expect(shown.match(/Cannot listen on 203\.0\.113\.1:0/g)).toHaveLength(1);
  expect(shown).toMatch(/^Listener "elsewhere": Cannot listen/m);
  expect(shown).toContain("server failed");
});

test.skipIf(!installed("script"))("names of users, senders and mail itself do not act on it", async () => {
  const data = temporaryDirectory();
  const config = await documentFile({
    SystemSettings: { defaultHostname: "localhost" },
    Account: { "ann@example.com": { secret: { "@type": "Text", secret: "wonderland" } } },
    NetworkListener: [{ name: "smtp", bind: ["127.0.0.1:0"], tlsImplicit: true }],
  });
  const server = onTerminal("serve", "--config", config, "--data", data);
  const port = Number((await server.until(/127\.0\.0\.1:(\d+)/))[1]);
  const client = await tlsClient({ port });
  const plain = Buffer.from(`\0${hostile}\0guess`).toString("base64");
  await client.until("220 ");

  client.socket.write("EHLO x\r\n");
  await client.until("250 ");
  client.socket.write(`AUTH PLAIN ${plain}\r\n`);
  await client.until(/\n535 /);
  client.socket.write(`MAIL FROM:<\u202eevil@example.com> SMTPUTF8\r\nRCPT TO:<ann@example.com>\r\nDATA\r\n`);
  await client.until("354 ");
  client.socket.write(`Subject: ${hostile}\x1b[2J\r\n\r\nHello\r\n.\r\nQUIT\r\n`);
  await client.until("221 ");
  await server.until(/messageAccepted|message accepted/);

  const messages = (...which: string[]) => onTerminal("messages", ...which, "--data", data).end();
  const [list, mail] = await Promise.all([messages(), messages("latest")]);
  expectHarmless(list);
  expect(list).toContain("from <<U+202E>evil@example.com>");
  expectHarmless(mail);
  expect(mail).toContain(`Subject: ${named}<U+001B>[2J`);

  server.kill();
  const log = await server.end();
  expectHarmless(log);
  expect(log).toContain(named);
});
