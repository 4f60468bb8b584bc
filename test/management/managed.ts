/** A Gatehouse with the management API on a listener of loopback, and an administrator who may use it. */
import type { ConfigurationInput, GatehouseOptions } from "../../src/index.ts";
import { type RunningGatehouse, runGatehouse } from "../running-gatehouse.ts";

export const administrator = { username: "ann@example.com", password: "correct horse" };
export const observer = { username: "olga@example.com", password: "battery staple" };
export const nobody = { username: "ned@example.com", password: "no roles here" };

export const secret = (text: string) => ({ "@type": "Text" as const, secret: text });

export const accounts = {
  [administrator.username]: { secret: secret(administrator.password), roles: ["admin" as const] },
  [nobody.username]: { secret: secret(nobody.password) },
};

export type Call = readonly [name: string, args: object, id?: string];
export type Answered = readonly [name: string, args: Record<string, unknown>, id: string];

export interface Managed extends RunningGatehouse {
  readonly url: string;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** By the administrator. */
  call(...calls: readonly Call[]): Promise<Answered[]>;
  /** The arguments of the one answer. */
  one(name: string, args?: object): Promise<Record<string, unknown>>;
}

export const using = ["urn:ietf:params:jmap:core", "urn:stalwart:jmap"];

export function basic({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

export const json = { "Content-Type": "application/json" };

export async function managed(
  document: ConfigurationInput & object = {},
  options: Partial<GatehouseOptions> = {},
): Promise<Managed> {
  const { NetworkListener: given = [], ...others } = document as { NetworkListener?: object };
  const own = { name: "management", protocol: "http", bind: ["127.0.0.1:0"], ignoreServerCap: true };
  // A map has one of its own.
  const NetworkListener = Array.isArray(given) ? [own, ...given] : given;
  const house = await runGatehouse(
    {
      SystemSettings: { defaultHostname: "mail.example.com" },
      Account: accounts,
      ...others,
      NetworkListener,
    } as ConfigurationInput & object,
    options,
  );
  return managing(house);
}

/** By its listener `management`. */
export function managing(house: RunningGatehouse): Managed {
  const url = `http://127.0.0.1:${house.port("management")}`;
  const ask = (path: string, init: RequestInit = {}) => fetch(`${url}${path}`, { redirect: "manual", ...init });
  const call = async (...calls: readonly Call[]): Promise<Answered[]> => {
    const methodCalls = calls.map(([name, args, id], index) => [name, args, id ?? `c${index}`]);
    const headers = { ...json, Authorization: basic(administrator) };
    const response = await ask("/jmap/", { method: "POST", headers, body: JSON.stringify({ using, methodCalls }) });
    return ((await response.json()) as { methodResponses: Answered[] }).methodResponses;
  };
  return {
    ...house,
    url,
    fetch: ask,
    call,
    one: async (name, args = {}) => (await call([name, args]))[0]?.[1] ?? {},
  };
}

/** Of a browser that the administrator has logged in by. */
export async function cookieOf(house: Managed): Promise<{ readonly Cookie: string }> {
  const response = await house.fetch("/console/login", {
    method: "POST",
    headers: json,
    body: JSON.stringify(administrator),
  });
  return { Cookie: response.headers.get("set-cookie")?.split(";")[0] ?? "" };
}
