/** Where one is: the part of the address behind `#`. */

export type Route =
  | { readonly page: "now" }
  | { readonly page: "lifecycles"; readonly chart: string | null; readonly state: string | null }
  | { readonly page: "list"; readonly view: string }
  /** Id null: a new one. */
  | { readonly page: "object"; readonly view: string; readonly id: string | null };

export function readRoute(hash: string): Route {
  const [page, first, ...rest] = hash.replace(/^#\/?/, "").split("/").map(decoded);
  if (page === "lifecycles") return { page, chart: first || null, state: rest[0] || null };
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
      return `#/${["lifecycles", route.chart, route.state].flatMap((part) => (part ? encodeURIComponent(part) : [])).join("/")}`;
    case "list":
      return `#/settings/${encodeURIComponent(route.view)}`;
    case "object": {
      const place = `#/settings/${encodeURIComponent(route.view)}`;
      return route.id === null ? `${place}/new` : `${place}/edit/${encodeURIComponent(route.id)}`;
    }
  }
}

/** What is written wrongly stands for itself. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
