import { assert, boolean, constant, oneof, option, property, record, string } from "fast-check";
import { expect, it } from "vitest";
import { hashOf, type Route, readRoute } from "../../src/console/routes.ts";

it("reads every route that it writes, whatever ids are called", () => {
  const name = string({ minLength: 1, unit: "grapheme" });
  const routes = oneof(
    record({ page: constant("now" as const) }),
    record({ page: constant("list" as const), view: name }),
    record({ page: constant("object" as const), view: name, id: option(name) }),
    record({ page: constant("ends" as const), listener: option(name, { nil: null }) }),
    record({
      page: constant("explain" as const),
      listener: name,
      address: name,
      serverName: option(name),
      proxied: boolean(),
    }),
    record({ page: constant("lifecycles" as const), chart: name, state: option(name) }),
  );
  assert(
    property(routes, (route: Route) => {
      expect(readRoute(hashOf(route))).toEqual(route);
    }),
  );
});

it("takes an address that nobody wrote for the first page", () => {
  for (const hash of ["", "#", "#/nowhere", "#/%E0%A4%A", "#/settings"])
    expect(readRoute(hash)).toEqual({ page: "now" });
});
