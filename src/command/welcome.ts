/** What listens where, and what to try next, in plain words. */
import { join } from "node:path";
import { exampleAccount } from "../config/index.ts";
import type { Gatehouse, ListenerStatus } from "../gatehouse-contract.ts";
import type { MadeAdministrator } from "../gatehouse-options.ts";
import { addressText } from "../runtime/observe/log-lines.ts";

export function welcome(
  gatehouse: Pick<Gatehouse, "listeners">,
  context: { readonly file: string | null; readonly data: string },
): string {
  const listeners = gatehouse.listeners();
  const width = Math.max(...listeners.map(({ name }) => name.length));
  const running = `Gatehouse is running ${context.file ? `with ${context.file}` : "the built-in example"}.`;
  const paragraphs =
    listeners.length === 0
      ? [`${running} The document has no NetworkListener, so nobody can connect.`]
      : [
          `${running} It listens on:`,
          listeners.map((listener) => `  ${listener.name.padEnd(width)}  ${describe(listener)}`).join("\n"),
        ];
  paragraphs.push(...consoleAt(listeners));
  if (context.file === null) paragraphs.push(...exampleCommands(listeners, context.data));
  paragraphs.push("Ctrl-C stops it: sessions finish first; a second Ctrl-C does not wait.");
  return `\n${paragraphs.join("\n\n")}\n`;
}

/** Printed once, when it is made, whatever becomes of the start. */
export function administratorNotice({ address, password }: MadeAdministrator): string {
  return [
    "\nNo Account is configured, so an administrator was made. The password is shown this once:\n",
    `  address   ${address}`,
    `  password  ${password}`,
  ].join("\n");
}

function describe({ protocol, addresses, tlsImplicit }: ListenerStatus): string {
  const tls = tlsImplicit ? ", TLS from the first byte" : "";
  return `${protocol}${tls} on ${addresses.map(addressText).join(", ")}`;
}

/** The page of the first listener that speaks HTTP. A wildcard address is reached by loopback. */
function consoleAt(listeners: readonly ListenerStatus[]): string[] {
  const listener = listeners.find(({ protocol, addresses }) => protocol === "http" && addresses.length > 0);
  const [address] = listener?.addresses ?? [];
  if (!listener || !address) return [];
  const host = address.address === "0.0.0.0" || address.address === "::" ? "localhost" : null;
  const place = host === null ? addressText(address) : `${host}:${address.port}`;
  return [`See and change it in a browser:\n  ${listener.tlsImplicit ? "https" : "http"}://${place}/console/`];
}

/** The example's commands, which work in another terminal as they are. */
function exampleCommands(listeners: readonly ListenerStatus[], data: string): string[] {
  const smtp = addressOf(listeners, "smtp");
  const imaps = addressOf(listeners, "imaps");
  if (smtp === undefined || imaps === undefined) return [];
  const { address, password } = exampleAccount;
  return [
    `Its one account is ${address}, with the password ${password}; it is an administrator.`,
    "Send a message by SMTP (in another terminal, in this folder):",
    `  printf 'Subject: Hello\\r\\n\\r\\nIt works.\\r\\n' | curl -sS smtp://${smtp} --mail-from ${address} --mail-rcpt ${address} -T -`,
    "Read the newest message by IMAP:",
    `  curl -sS 'imaps://${imaps}/INBOX;MAILINDEX=*' -u ${address}:${password} --cacert ${join(data, "self-signed.crt")}`,
    "For a server of your own, write a gatehouse.json in this folder (the README has one to begin with, `gatehouse schema` all fields).",
  ];
}

function addressOf(listeners: readonly ListenerStatus[], listener: string): string | undefined {
  const address = listeners.find(({ name }) => name === listener)?.addresses[0];
  return address && addressText(address);
}
