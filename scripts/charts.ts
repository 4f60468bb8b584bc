/** The machines whose charts the docs show. */
import type { AnyStateMachine } from "xstate";
import { mermaid } from "../src/inspect/mermaid.ts";
import {
  certificateMachine,
  connectionMachine,
  fleetMachine,
  listenerMachine,
  reloadMachine,
  serverMachine,
  upgradeMachine,
  workerMachine,
} from "../src/machines/index.ts";
import { imapMachine } from "../src/protocols/imap/machine.ts";
import { manageSieveMachine } from "../src/protocols/manage-sieve/machine.ts";
import { pop3Machine } from "../src/protocols/pop3/machine.ts";
import { smtpMachine } from "../src/protocols/smtp/machine.ts";
import type { GeneratedBlock } from "./generated-block.ts";

const chart = (file: string, machine: AnyStateMachine): GeneratedBlock => ({
  file,
  name: `chart of ${machine.id}`,
  text: () => `\`\`\`mermaid\n${mermaid(machine)}\n\`\`\``,
});

export const charts: readonly GeneratedBlock[] = [
  chart("docs/machines.md", serverMachine),
  chart("docs/machines.md", listenerMachine),
  chart("docs/machines.md", connectionMachine),
  chart("docs/machines.md", reloadMachine),
  chart("docs/machines.md", upgradeMachine),
  chart("docs/machines.md", certificateMachine),
  chart("docs/machines.md", workerMachine),
  chart("docs/machines.md", fleetMachine),
  chart("docs/smtp.md", smtpMachine),
  chart("docs/imap.md", imapMachine),
  chart("docs/pop3.md", pop3Machine),
  chart("docs/manage-sieve.md", manageSieveMachine),
];
