/**
 * Where the engine of a fleet is: at an address, or at the one that Sentinels name, or at the one of a cluster of engines
 * that has the fleet's keys. All keys of a fleet are in one slot, so it is one server at a time in each case.
 */
import { FleetError } from "./fleet-error.ts";

export type EnginePlace =
  | {
      readonly kind: "address";
      /** Without what is meant for Gatehouse. */
      readonly url: string;
      readonly tls: EngineTlsFiles | null;
    }
  | {
      readonly kind: "sentinel" | "cluster";
      readonly tls: EngineTlsFiles | null;
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

/** Absolute paths of PEM files; null where the URL names none. */
export interface EngineTlsFiles {
  readonly caFile: string | null;
  readonly certificateFile: string | null;
  readonly keyFile: string | null;
}

export interface EngineAddress {
  readonly host: string;
  readonly port: number;
}

const searched =
  /^redis(?<tls>s?)\+(?<kind>sentinel|cluster):\/\/(?:(?<login>[^@/]*)@)?(?<asked>[^/?]+)(?:\/(?<path>.*))?$/;
const address = /^(?:\[(?<six>[0-9a-f:.]+)\]|(?<host>[^:[\]]+))(?::(?<port>\d{1,5}))?$/i;
const fileParameters = ["caFile", "certificateFile", "keyFile"] as const;
const sentinelParameters = ["sentinelUsername", "sentinelPassword"] as const;
const usualPort = { sentinel: 26_379, cluster: 6_379 };

/** @throws FleetError `engine-url`, which does not show the URL: it may have a password */
export function enginePlace(url: string): EnginePlace {
  const at = url.indexOf("?");
  const base = at < 0 ? url : url.slice(0, at);
  const query = new URLSearchParams(at < 0 ? "" : url.slice(at + 1));
  const isSentinel = /^rediss?\+sentinel:/.test(base);
  const tls = tlsFiles(query, base.startsWith("rediss"));
  const known: readonly string[] = [...(tls ? fileParameters : []), ...(isSentinel ? sentinelParameters : [])];
  // Which one it is may be a part of a password.
  if ([...query.keys()].some((name) => !known.includes(name))) {
    const may = known.length === 0 ? "none" : known.join(", ");
    throw unreadable(`it has a parameter that it may not have; such a URL may have ${may}`);
  }
  if (!/^rediss?\+/.test(base)) return { kind: "address", url: base, tls };
  const groups = searched.exec(base)?.groups;
  if (!groups) throw unreadable("it lacks hosts");
  const kind = groups["kind"] === "cluster" ? "cluster" : "sentinel";
  const [name = "", database = ""] = kind === "sentinel" ? parts(groups["path"]) : [""];
  if (kind === "sentinel" && name === "") throw unreadable("the name by which Sentinels know the engine is missing");
  if (!/^\d*$/.test(database)) throw unreadable("the database is no number");
  const [username, password] = login(groups["login"]);
  return {
    ...{ kind, name, username, password, tls },
    database: Number(database),
    asked: (groups["asked"] ?? "").split(",").map((text) => addressIn(text, usualPort[kind])),
    sentinelUsername: query.get("sentinelUsername"),
    sentinelPassword: query.get("sentinelPassword"),
  };
}

/** Null where nothing is to be secured. */
function tlsFiles(query: URLSearchParams, secured: boolean): EngineTlsFiles | null {
  if (!secured) return null;
  const [caFile = null, certificateFile = null, keyFile = null] = fileParameters.map((name) => query.get(name));
  if ((certificateFile === null) !== (keyFile === null)) throw unreadable("it needs both certificateFile and keyFile");
  if ([caFile, certificateFile, keyFile].some((path) => path !== null && !path.startsWith("/")))
    throw unreadable(`${fileParameters.join(", ")} are absolute paths`);
  return { caFile, certificateFile, keyFile };
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
