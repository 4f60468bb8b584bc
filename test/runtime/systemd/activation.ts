/** A service manager that opens sockets and starts the command with them, as systemd does: it keeps its own descriptors. */
import { onTestFinished } from "vitest";
import { documentFile, type Launch } from "../../real/command.ts";
import { type InheritedListener, inheritedListener } from "../proxy/inherited-listener.ts";

/** Becomes the command by exec, so that LISTEN_PID is the command's own. */
const exec = ["sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh"];

export async function openSocket(address = "127.0.0.1"): Promise<InheritedListener> {
  const socket = await inheritedListener(address);
  onTestFinished(() => socket.close());
  return socket;
}

/** How `serve()` starts the command with these sockets. */
export function startedWith(sockets: readonly InheritedListener[], env: Readonly<Record<string, string>> = {}): Launch {
  return {
    by: exec,
    env: { LISTEN_FDS: String(sockets.length), ...env },
    descriptors: sockets.map(({ fd }) => fd),
  };
}

/** Another document in place of the one that a server runs. */
export async function replaceDocument(folder: string, document: unknown): Promise<void> {
  await documentFile(document, folder);
}
