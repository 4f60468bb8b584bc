/** What listens where, and what to try next, in plain words. */
import type { Gatehouse, ListenerStatus, MadeAdministrator } from "../gatehouse.ts";
import { addressText } from "../runtime/log.ts";

export function welcome(
  gatehouse: Gatehouse,
  context: { readonly file: string | null; readonly data: string },
): string {
  const listeners = gatehouse.listeners();
  const width = Math.max(...listeners.map(({ name }) => name.length));
  const paragraphs = [
    `Gatehouse is running ${context.file ? `with ${context.file}` : "the built-in example"}. It listens on:`,
    listeners.map((listener) => `  ${listener.name.padEnd(width)}  ${describe(listener)}`).join("\n"),
  ];
  if (context.file === null) paragraphs.push(...tryIt(listeners, context.data));
  paragraphs.push("Ctrl-C stops it: sessions finish first; a second Ctrl-C does not wait.");
  return `\n${paragraphs.join("\n\n")}\n`;
}

/** Said once, when it is made, whatever becomes of the start. */
export function introduce({ address, password }: MadeAdministrator): string {
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

/** The example's own lines: they work in another terminal as they stand. */
function tryIt(listeners: readonly ListenerStatus[], data: string): string[] {
  const smtp = listeners.find(({ protocol, tlsImplicit }) => protocol === "smtp" && !tlsImplicit)?.addresses[0];
  if (!smtp) return [];
  return [
    "Send a message (in another terminal, in this folder):",
    `  printf 'Subject: Hello\\r\\n\\r\\nIt works.\\r\\n' | curl -sS smtp://${addressText(smtp)} --mail-from me@example.com --mail-rcpt admin@localhost -T -`,
    "Read it back:",
    `  npm run -s gatehouse -- messages latest --data ${data}`,
  ];
}
