/** Calls that hang: how many there may be, and who is refused meanwhile. */
import { describe, expect, test } from "vitest";
import { boundedCall, hungCalls } from "../../src/files/index.ts";

interface Hanging {
  readonly outcome: Promise<unknown>;
  /** The system answers after all. */
  answer(): Promise<void>;
}

/** A call that does not return by itself, given up after a millisecond. */
function hang(path: string): Hanging {
  const { promise, resolve } = Promise.withResolvers<string>();
  const outcome = boundedCall(path, () => promise, 1);
  outcome.catch(() => {});
  const answer = async (): Promise<void> => {
    resolve("late");
    await promise;
  };
  return { outcome, answer };
}

describe("a call for a file", () => {
  test("that does not return in time is given up, and told so", async () => {
    const one = hang("/mnt/one/tls.key");
    await expect(one.outcome).rejects.toMatchObject({
      code: "file-timeout",
      message:
        "/mnt/one/tls.key cannot be read: its file system has not answered for 1 ms; see its mount, then try again",
    });
    expect(hungCalls()).toBe(1);
    await one.answer();
    expect(hungCalls()).toBe(0);
  });

  test("is refused while another hangs in the same folder, so that one mount does not take every thread", async () => {
    const one = hang("/mnt/one/tls.key");
    await expect(one.outcome).rejects.toMatchObject({ code: "file-timeout" });
    const again = boundedCall("/mnt/one/tls.crt", async () => "never asked for");
    await expect(again).rejects.toMatchObject({ code: "file-timeout", path: "/mnt/one/tls.crt" });
    expect(await boundedCall("/etc/gatehouse.json", async () => "elsewhere")).toBe("elsewhere");
    await one.answer();
    expect(await boundedCall("/mnt/one/tls.crt", async () => "back")).toBe("back");
  });

  test("is refused at once, also one that waits, when half of the threads hang", async () => {
    const [one, other] = [hang("/mnt/one/a"), hang("/mnt/other/a")];
    const waits = boundedCall("/etc/gatehouse.json", async () => "never asked for");
    await expect(waits).rejects.toMatchObject({ code: "file-timeout" });
    await expect(boundedCall("/etc/gatehouse.json", async () => "")).rejects.toMatchObject({ code: "file-timeout" });
    expect(hungCalls()).toBe(2);
    await Promise.all([one.answer(), other.answer()]);
    expect(await boundedCall("/etc/gatehouse.json", async () => "back")).toBe("back");
  });

  test("waits its turn: never more than two are under way, and its time counts from its beginning", async () => {
    let [underWay, most] = [0, 0];
    const call = async (): Promise<void> => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
    };
    await Promise.all(Array.from({ length: 200 }, (_, number) => boundedCall(`/etc/${number}`, call)));
    expect(most).toBe(2);
  });

  test("that fails says what the system said", async () => {
    const failing = async () => {
      throw Object.assign(new Error("refused"), { code: "EACCES" });
    };
    await expect(boundedCall("/etc/tls.key", failing)).rejects.toMatchObject({
      code: "file-unreadable",
      errno: "EACCES",
    });
    expect(hungCalls()).toBe(0);
  });
});
