/** Gatehouse's own charts. */
import type { AnyStateMachine } from "xstate";
import { certificateMachine } from "../machines/certificate.ts";
import { connectionMachine } from "../machines/connection.ts";
import { fleetMachine } from "../machines/fleet.ts";
import { listenerMachine } from "../machines/listener.ts";
import { reloadMachine } from "../machines/reload.ts";
import { serverMachine } from "../machines/server.ts";
import { upgradeMachine } from "../machines/upgrade.ts";
import { workerMachine } from "../machines/worker.ts";
import { imapMachine } from "../protocols/imap/machine.ts";
import { manageSieveMachine } from "../protocols/manage-sieve/machine.ts";
import { pop3Machine } from "../protocols/pop3/machine.ts";
import { smtpMachine } from "../protocols/smtp/machine.ts";

/** By name: the runtime's names, and for a session's chart the name of its protocol. */
export const charts: Readonly<Record<string, AnyStateMachine>> = {
  server: serverMachine,
  listener: listenerMachine,
  connection: connectionMachine,
  reload: reloadMachine,
  upgrade: upgradeMachine,
  certificate: certificateMachine,
  worker: workerMachine,
  fleet: fleetMachine,
  smtp: smtpMachine,
  lmtp: smtpMachine,
  imap: imapMachine,
  pop3: pop3Machine,
  manageSieve: manageSieveMachine,
};

const configs = new Set<unknown>(Object.values(charts).map(({ config }) => config));

/** Whether an actor runs one of these charts, and not one that merely has the same id. */
export function isOwnChart(config: unknown): boolean {
  return configs.has(config);
}
