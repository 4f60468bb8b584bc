/**
 * Where the engine of a fleet is: at an address, or at the one that Sentinels name, or at the one of a cluster of engines
 * that has the fleet's keys. All keys of a fleet are in one slot, so it is one server at a time in each case.
 */
import { FleetError } from "./fleet-error.ts";

export type EnginePlace =
  | { readonly kind: "address"; readonly url: string }
  | {
      readonly kind: "sentinel" | "cluster";
      readonly tls: boolean;
      readonly username: string | null;
      readonly password: string | null;
      readonly database: number;
      /** Of those that are asked, each as host and port. */
      readonly asked: readonly EngineAddress[];
      /** By which Sentinels know the engine; empty for a cluster. */
      readonly name: string;
      /** For the Sentinels themselves. */
      readonly sentinelUsername: string | null;
      readonly sentinelPassword: string | null;
    };

export type SearchedPlace = Exclude<EnginePlace, { readonly kind: "address" }>;

export interface EngineAddress {
  readonly host: string;
  readonly port: number;
}

const searched =
  /^redis(?<tls>s?)\+(?<kind>sentinel|cluster):\/\/(?:(?<login>[^@/]*)@)?(?<asked>[^/?]+)(?:\/(?<path>[^?]*))?(?:\?(?<query>.*))?$/;
const address = /^(?:\[(?<six>[0-9a-f:.]+)\]|(?<host>[^:[\]]+))(?::(?<port>\d{1,5}))?$/i;
const usualPort = { sentinel: 26_379, cluster: 6_379 };

/** @throws FleetError `engine-url`, which does not show the URL: it may have a password */
export function enginePlace(url: string): EnginePlace {
  if (!/^rediss?\+/.test(url)) return { kind: "address", url };
  const groups = searched.exec(url)?.groups;
  if (!groups) throw unreadable("it lacks hosts");
  const kind = groups["kind"] === "cluster" ? "cluster" : "sentinel";
  const [name = "", database = ""] = kind === "sentinel" ? parts(groups["path"]) : [""];
  if (kind === "sentinel" && name === "") throw unreadable("the name by which Sentinels know the engine is missing");
  if (!/^\d*$/.test(database)) throw unreadable("the database is no number");
  const [username, password] = login(groups["login"]);
  const query = new URLSearchParams(groups["query"] ?? "");
  return {
    ...{ kind, name, username, password },
    tls: groups["tls"] === "s",
    database: Number(database),
    asked: (groups["asked"] ?? "").split(",").map((text) => addressIn(text, usualPort[kind])),
    sentinelUsername: query.get("sentinelUsername"),
    sentinelPassword: query.get("sentinelPassword"),
  };
}

function parts(path = ""): string[] {
  return path.split("/").map(decoded);
}

function login(text: string | undefined): readonly [username: string | null, password: string | null] {
  if (text === undefined) return [null, null];
  const at = text.indexOf(":");
  if (at < 0) return [decoded(text), null];
  return [decoded(text.slice(0, at)) || null, decoded(text.slice(at + 1))];
}

function addressIn(text: string, usual: number): EngineAddress {
  const groups = address.exec(text)?.groups;
  const port = Number(groups?.["port"] ?? usual);
  const host = groups?.["six"] ?? groups?.["host"];
  if (host === undefined || port < 1 || port > 65_535) throw unreadable("a host or port is none");
  return { host, port };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unreadable("a percent sign is not followed by two hexadecimal digits");
  }
}

function unreadable(why: string): FleetError {
  const text = `SystemSettings.cluster.url cannot be read: ${why}. Write it like "redis+sentinel://host:26379,host:26379/NAME" or "redis+cluster://host:6379,host:6379".`;
  return new FleetError("engine-url", text);
}
