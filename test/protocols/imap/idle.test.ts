import { describe, expect, it } from "vitest";
import { SimulatedClock } from "xstate";
import { imap } from "../../../src/protocols/imap/index.ts";
import { runGatehouse } from "../../running-gatehouse.ts";
import { gone, rawClient } from "../../runtime/raw-client.ts";
import { MemoryMailboxes } from "../memory-mailbox.ts";
import { ann, backend, logIn, select } from "./fixture.ts";

const hello = "From: Bob <bob@example.com>\nSubject: Hello\n\nIt works.\n";
const interval = 240_000;

describe("IDLE", () => {
  it("tells the client every few minutes that the server is still there, and not after DONE", async () => {
    const { wire } = await select([hello]);
    await wire.send("a IDLE\r\n");
    expect(await wire.pass(interval - 2)).toBe("");
    expect(await wire.pass(2)).toBe("* OK Still here\r\n");
    expect(await wire.pass(interval)).toBe("* OK Still here\r\n");
    expect(await wire.send("DONE\r\n")).toBe("a OK Idle ended\r\n");
    expect(wire.wakeDue).toBeNull();
    expect(await wire.pass(interval)).toBe("");
  });

  it("tells what has changed in between, and nothing more", async () => {
    const { wire, deliver } = await select([hello]);
    await wire.send("a IDLE\r\n");
    await wire.pass(interval / 2);
    deliver(hello);
    expect(await wire.send("")).toBe("* 2 EXISTS\r\n* 2 RECENT\r\n");
    expect(await wire.pass(interval / 2)).toBe("* OK Still here\r\n");
  });

  it("says nothing to a client that does not read, and says it once when that reads again", async () => {
    const { wire } = await logIn({ idleNotifyInterval: 1000 });
    await wire.send("a IDLE\r\n");
    wire.reading = false;
    expect(await wire.pass(1000)).toBe("* OK Still here\r\n");
    expect(await wire.pass(5000)).toBe("");
    expect(await wire.read()).toBe("* OK Still here\r\n");
    expect(await wire.pass(1000)).toBe("* OK Still here\r\n");
  });

  it("ends all the same after half an hour without a word of the client's", async () => {
    const clock = new SimulatedClock();
    const protocols = [imap({ backend, mailboxes: new MemoryMailboxes(), authWithoutTls: true })];
    const house = await runGatehouse([{ name: "imap", protocol: "imap", bind: ["127.0.0.1:0"] }], { protocols, clock });
    const client = await rawClient(house.port("imap"));
    client.socket.write(`a LOGIN ${ann.username} ${ann.password}\r\nb IDLE\r\n`);
    await client.until("+ Idling\r\n");
    for (let notices = 1; notices <= 7; notices++) {
      clock.increment(interval);
      await client.until(new RegExp(`(\\* OK Still here\r\n){${notices}}$`));
    }
    clock.increment(1_800_000 - 7 * interval);
    await client.until(/\* BYE Idle for too long\r\n$/);
    client.socket.end();
    await house.event("connection.closed", ({ cause }) => cause === "idle-timeout");
    await gone(client);
  });
});
