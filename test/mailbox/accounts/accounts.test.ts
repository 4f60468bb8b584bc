import { describe, expect, test } from "vitest";
import { AccountDirectory, AccountsError } from "../../../src/mailbox/accounts/accounts.ts";
import { hashPassword } from "../../../src/mailbox/accounts/password.ts";

const entry = (address: string, secret = "secret", roles: string[] = []) => ({ address, secret, roles });

describe("AccountDirectory", () => {
  test("Names are compared without regard to case, passwords with it.", async () => {
    const accounts = new AccountDirectory([entry("Ann@Example.com", "Secret")]);
    expect(await accounts.authenticate("aNN@eXAMPLE.COM", "Secret")).toEqual({ address: "ann@example.com", roles: [] });
    expect(await accounts.authenticate("ann@example.com", "secret")).toBeNull();
    expect(accounts.find("ANN@example.com")?.address).toBe("ann@example.com");
  });

  test("An account with a hash and one with clear text both log in; an unknown name does not.", async () => {
    const accounts = new AccountDirectory([
      entry("ann@example.com", await hashPassword("one")),
      entry("bob@example.com", "two", ["admin"]),
    ]);
    expect((await accounts.authenticate("ann@example.com", "one"))?.address).toBe("ann@example.com");
    expect((await accounts.authenticate("bob@example.com", "two"))?.roles).toEqual(["admin"]);
    expect(await accounts.authenticate("ann@example.com", "two")).toBeNull();
    expect(await accounts.authenticate("bob@example.com", "one")).toBeNull();
    expect(await accounts.authenticate("eve@example.com", "one")).toBeNull();
    expect(await accounts.authenticate("ann", "one")).toBeNull();
  });

  test("Known, unknown and clear-text names take the same work.", async () => {
    const accounts = new AccountDirectory([
      entry("hashed@example.com", await hashPassword("one")),
      entry("clear@example.com", "two"),
    ]);
    const cpu = async (name: string) => {
      const before = process.cpuUsage();
      for (let round = 0; round < 3; round += 1) await accounts.authenticate(name, "wrong");
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    const known = await cpu("hashed@example.com");
    // Without the decoy it is some thousandths.
    expect(await cpu("unknown@example.com")).toBeGreaterThan(known / 4);
    expect(await cpu("clear@example.com")).toBeGreaterThan(known / 4);
  });

  test("A directory without accounts lets nobody in.", async () => {
    const accounts = new AccountDirectory([]);
    expect(await accounts.authenticate("admin@localhost", "")).toBeNull();
    expect(accounts.administrator).toBeUndefined();
  });

  test("The domains and the first administrator are known.", () => {
    const accounts = new AccountDirectory([
      entry("ann@one.example"),
      entry("bob@Two.example", "x", ["admin"]),
      entry("eve@two.example", "x", ["admin"]),
    ]);
    expect([...accounts.domains]).toEqual(["one.example", "two.example"]);
    expect(accounts.administrator?.address).toBe("bob@two.example");
  });

  test("All that is wrong is said at once, and no secret with it.", () => {
    const make = () =>
      new AccountDirectory([
        entry("ann@example.com"),
        entry("ANN@example.com", "hunter2"),
        entry("nobody"),
        entry("costly@example.com", "$scrypt$ln=30,r=8,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA"),
      ]);
    expect(make).toThrow(AccountsError);
    expect(make).toThrow(/"ANN@example.com": is given twice.*"nobody": is not an address.*"costly@.*at most ln=20/s);
    expect(make).not.toThrow(/hunter2|c2FsdHNhbHQ/);
  });
});
