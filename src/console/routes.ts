/** Where one is: the part of the address behind `#`. */

export type Route =
  | { readonly page: "now" }
  | { readonly page: "lifecycles"; readonly chart: string | null; readonly state: string | null }
  /** Listener null: all. */
  | { readonly page: "ends"; readonly listener: string | null }
  /** Listener null: nobody was asked about. */
  | {
      readonly page: "explain";
      readonly listener: string | null;
      readonly address: string | null;
      readonly serverName: string | null;
      readonly proxied: boolean;
    }
  | { readonly page: "list"; readonly view: string }
  /** Id null: a new one. */
  | { readonly page: "object"; readonly view: string; readonly id: string | null };

export function readRoute(hash: string): Route {
  const [page, first, ...rest] = hash.replace(/^#\/?/, "").split("/").map(decoded);
  if (page === "lifecycles") return { page, chart: first || null, state: rest[0] || null };
  if (page === "ends") return { page, listener: first || null };
  if (page === "explain") {
    const [address, proxied, serverName] = rest;
    const isProxied = proxied === "proxied";
    return {
      page,
      listener: first || null,
      address: address || null,
      serverName: serverName || null,
      proxied: isProxied,
    };
  }
  if (page !== "settings" || !first) return { page: "now" };
  const [kind, id] = rest;
  if (kind === "new") return { page: "object", view: first, id: null };
  return kind === "edit" && id ? { page: "object", view: first, id } : { page: "list", view: first };
}

export function hashOf(route: Route): string {
  switch (route.page) {
    case "now":
      return "#/now";
    case "lifecycles":
      return pathOf("lifecycles", route.chart, route.state);
    case "ends":
      return pathOf("ends", route.listener);
    case "explain":
      return pathOf("explain", route.listener, route.address, route.proxied ? "proxied" : "direct", route.serverName);
    case "list":
      return `#/settings/${encodeURIComponent(route.view)}`;
    case "object": {
      const place = `#/settings/${encodeURIComponent(route.view)}`;
      return route.id === null ? `${place}/new` : `${place}/edit/${encodeURIComponent(route.id)}`;
    }
  }
}

/** Ends with the first part that is not there. */
function pathOf(...parts: readonly (string | null)[]): string {
  const end = parts.indexOf(null);
  const given = end < 0 ? parts : parts.slice(0, end);
  return `#/${given.map((part) => encodeURIComponent(part ?? "")).join("/")}`;
}

/** What is written wrongly stands for itself. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
