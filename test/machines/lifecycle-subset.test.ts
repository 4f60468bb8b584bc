import { describe, expect, test } from "vitest";
import { connectionMachine, listenerMachine, serverMachine } from "../../src/machines/index.ts";
import { imapMachine } from "../../src/protocols/imap/index.ts";
import { manageSieveMachine } from "../../src/protocols/manage-sieve/index.ts";
import { pop3Machine } from "../../src/protocols/pop3/index.ts";
import { smtpMachine } from "../../src/protocols/smtp/index.ts";

/** What `machine.config` holds, as far as the subset is concerned. */
interface StateConfig {
  readonly type?: string;
  readonly invoke?: unknown;
  readonly states?: Readonly<Record<string, StateConfig>>;
  readonly on?: unknown;
  readonly after?: unknown;
  readonly always?: unknown;
  readonly entry?: unknown;
  readonly exit?: unknown;
}

interface Visited {
  readonly path: string;
  readonly depth: number;
  readonly config: StateConfig;
}

function* walk(config: StateConfig, path: string, depth = 0): Generator<Visited> {
  yield { path, depth, config };
  for (const [name, state] of Object.entries(config.states ?? {})) yield* walk(state, `${path}.${name}`, depth + 1);
}

/** Every action, guard and delay that a state names, or the function it holds in place of a name. */
function* implementations(value: unknown, key = ""): Generator<unknown> {
  if (Array.isArray(value)) {
    for (const each of value) yield* implementations(each, key);
  } else if (typeof value === "object" && value !== null) {
    if (["entry", "exit", "actions", "guard"].includes(key) && "type" in value) {
      yield value.type;
      return;
    }
    for (const [name, each] of Object.entries(value))
      yield* implementations(each, ["states", "on", "after", "always"].includes(key) ? "" : name);
  } else if (["entry", "exit", "actions", "guard"].includes(key)) {
    yield value;
  }
}

const lifecycles = [
  ["connection", connectionMachine.config as StateConfig],
  ["smtp", smtpMachine.config as StateConfig],
  ["imap", imapMachine.config as StateConfig],
  ["pop3", pop3Machine.config as StateConfig],
  ["manageSieve", manageSieveMachine.config as StateConfig],
] as const;

describe.each(lifecycles)("the chart of %s obeys the lifecycle subset", (name, config) => {
  const states = [...walk(config, name)];

  test("its states are nested at most one level deep, and none is parallel or a history", () => {
    for (const { path, depth, config: state } of states) {
      expect(depth, path).toBeLessThanOrEqual(2);
      expect(["atomic", "compound", "final", undefined], path).toContain(state.type);
    }
  });

  test("it invokes and spawns nothing", () => {
    for (const { path, config: state } of states) expect(state.invoke, path).toBeUndefined();
  });

  test("its actions, guards and delays bear names", () => {
    for (const { path, config: state } of states) {
      const { states: _, ...own } = state;
      for (const implementation of implementations(own)) expect(typeof implementation, path).toBe("string");
      for (const delay of Object.keys(state.after ?? {})) expect(delay, path).toMatch(/^[a-z]\w+$/i);
    }
  });
});

test("every event of a machine is dotted lowercase terms", () => {
  for (const machine of [connectionMachine, listenerMachine, serverMachine]) {
    for (const type of machine.events.filter((name) => !String(name).startsWith("xstate.")))
      expect(String(type)).toMatch(/^[a-z]+\.[a-z]+$/);
  }
});
