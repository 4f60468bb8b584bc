import { expect, test } from "vitest";
import { SimulatedClock } from "xstate";
import { EndHistory, keptOfEach, mostSeries } from "../../../src/runtime/observe/end-history.ts";
import { Lifecycle, type LifecycleEventOf } from "../../../src/runtime/observe/lifecycle.ts";

const minute = 60_000;

function followed() {
  let now = Date.parse("2026-11-29T12:00:30Z");
  const clock = Object.assign(new SimulatedClock(), { date: () => now });
  const history = new EndHistory(clock);
  const lifecycle = new Lifecycle();
  history.follow(lifecycle);
  let last = 0;
  const connection = (listener: string) => {
    last += 1;
    return { id: `c${last}`, listener, generation: 1, peer: { address: "192.0.2.1", port: last } } as never;
  };
  return {
    history,
    wait: (milliseconds: number) => {
      now += milliseconds;
    },
    end: (listener: string, cause: LifecycleEventOf<"connection.closed">["cause"], detail?: string) => {
      const ended = connection(listener);
      if (detail !== undefined)
        lifecycle.emit({ type: "connection.handshakeFailed", connection: ended, reason: "protocol", detail });
      lifecycle.emit({ type: "connection.closed", connection: ended, cause } as never);
    },
    refuse: (listener: string, rule: string) =>
      lifecycle.emit({
        type: "connection.refused",
        listener,
        peer: { address: "192.0.2.2", port: 1 },
        refusal: { rule, limit: 1, current: 1 },
      }),
  };
}

test("ends and refusals are counted by listener, reason and minute, for an hour", () => {
  const { history, wait, end, refuse } = followed();
  end("smtp", "quit");
  end("smtp", "quit");
  end("imap", "quit");
  wait(2 * minute);
  end("smtp", "quit");
  refuse("smtp", "blocked");
  const [first, third] = [Date.parse("2026-11-29T12:00:00Z"), Date.parse("2026-11-29T12:02:00Z")];
  expect(history.counts()).toEqual([
    {
      kind: "ended",
      listener: "smtp",
      reason: "quit",
      perMinute: [
        [first, 2],
        [third, 1],
      ],
    },
    { kind: "ended", listener: "imap", reason: "quit", perMinute: [[first, 1]] },
    { kind: "refused", listener: "smtp", reason: "blocked", perMinute: [[third, 1]] },
  ]);
  wait(58 * minute);
  expect(history.counts().map(({ listener, perMinute }) => [listener, perMinute])).toEqual([
    ["smtp", [[third, 1]]],
    ["smtp", [[third, 1]]],
  ]);
  wait(2 * minute);
  expect(history.counts()).toEqual([]);
  expect(history.connections()).toEqual([]);
  end("smtp", "quit");
  expect(history.counts().map(({ perMinute }) => perMinute.map(([, count]) => count))).toEqual([[1]]);
});

test("the latest of each listener and reason are kept, with why their handshakes failed, the newest first", () => {
  const { history, end, refuse } = followed();
  refuse("smtp", "blocked");
  for (let count = 0; count < keptOfEach + 5; count += 1) end("smtp", "quit");
  end("smtp", "tls-failed", "no version of TLS in common");
  end("smtp", "tls-failed");
  const kept = history.connections();
  expect(kept).toHaveLength(keptOfEach + 3);
  expect(kept.map(({ number }) => number)).toEqual(kept.map(({ number }) => number).toSorted((a, b) => b - a));
  expect(kept.slice(0, 2).map(({ detail }) => detail)).toEqual([null, "no version of TLS in common"]);
  expect(kept.at(-1)?.item).toMatchObject({ type: "connection.refused", refusal: { rule: "blocked" } });
  expect(history.counts().find(({ reason }) => reason === "quit")?.perMinute[0]?.[1]).toBe(keptOfEach + 5);
});

test("there are at most so many series; those that are over make room for others", () => {
  const { history, wait, end } = followed();
  for (let number = 0; number < mostSeries + 10; number += 1) end(`listener${number}`, "quit");
  expect(history.counts()).toHaveLength(mostSeries);
  wait(61 * minute);
  end("another", "quit");
  expect(history.counts().map(({ listener }) => listener)).toEqual(["another"]);
  expect(history.connections()).toHaveLength(1);
});
