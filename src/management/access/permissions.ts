/** What may be done, by the names that Stalwart has for it: `sysNetworkListenerGet`. */
import { suggestion } from "../../config/values/nearest.ts";
import { documentSections } from "../objects/document-objects.ts";
import { controlSocketName } from "./control-socket-name.ts";

export type PermissionVerb = "Get" | "Query" | "Create" | "Update" | "Destroy";

export function permission(object: string, verb: PermissionVerb): string {
  return `sys${object}${verb}`;
}

const reading: readonly PermissionVerb[] = ["Get", "Query"];
const every: readonly PermissionVerb[] = [...reading, "Create", "Update", "Destroy"];

/** `sysMetricsGet` (ours): to read `/metrics`. */
export const metricsPermission = permission("Metrics", "Get");

/** To ask what would become of a client (ours). */
export const explanationPermission = permission("Explanation", "Get");

/** All that there are. */
export const permissions: readonly string[] = [
  ...documentSections.flatMap((section) =>
    (section === "SystemSettings" ? (["Get", "Update"] as const) : every).map((verb) => permission(section, verb)),
  ),
  ...["ListenerStatus", "Connection", "ServerNode", "ConnectionEnd", "EndCount", "Reload"].flatMap((object) =>
    reading.map((verb) => permission(object, verb)),
  ),
  explanationPermission,
  permission("Action", "Create"),
  metricsPermission,
];

const readingOnly: ReadonlySet<string> = new Set(permissions.filter((name) => /(?:Get|Query)$/.test(name)));
const all: ReadonlySet<string> = new Set(permissions);

/** An account without any of these roles may do nothing here. */
const byRole: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["admin", all],
  ["observer", readingOnly],
]);

/** Who asks, and what they may do. */
export interface Grant {
  /** For answers and the log: an account, a token by its name, or a process at the control socket. */
  readonly who: { readonly kind: "account" | "token" | "control"; readonly name: string };
  readonly permissions: ReadonlySet<string>;
}

/** Whoever can reach the control socket could stop the server as well. */
export const controlGrant: Grant = { who: { kind: "control", name: controlSocketName }, permissions: all };

/** Null for an account that has nothing to do with the management. */
export function grantOf(account: { readonly username: string; readonly roles: readonly string[] }): Grant | null {
  const joined = new Set(account.roles.flatMap((role) => [...(byRole.get(role) ?? [])]));
  return joined.size === 0 ? null : { who: { kind: "account", name: account.username }, permissions: joined };
}

export function mayOnlyRead({ permissions: granted }: Grant): boolean {
  return [...granted].every((name) => readingOnly.has(name));
}

/** A permission was named that there is not. */
export class UnknownPermissionError extends Error {
  readonly code = "unknown-permission";

  constructor(name: string) {
    const known = [...permissions, ...byRole.keys()];
    super(`There is no permission ${JSON.stringify(name)}; ${suggestion(name, known)}.`.replace("?.", "?"));
    this.name = "UnknownPermissionError";
  }
}

/** What names stand for, each once: permissions, and `admin` and `observer` for all of these roles. @throws UnknownPermissionError */
export function permissionsNamed(names: readonly string[]): readonly string[] {
  const named = names.flatMap((name) => {
    const ofRole = byRole.get(name);
    if (!ofRole && !all.has(name)) throw new UnknownPermissionError(name);
    return ofRole ? [...ofRole] : [name];
  });
  const wanted = new Set(named);
  return permissions.filter((name) => wanted.has(name));
}
