import { expect, test } from "vitest";
import { welcome } from "../../src/command/welcome.ts";

test("a server without listeners says that nobody can connect, in place of an empty list", () => {
  const text = welcome({ listeners: () => [] }, { file: "/etc/gatehouse.json", data: "gatehouse-data" });
  expect(text).toContain("with /etc/gatehouse.json. The document has no NetworkListener, so nobody can connect.\n");
  expect(text).not.toContain("It listens on");
});
