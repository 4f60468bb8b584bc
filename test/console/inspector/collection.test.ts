/** What the inspector's page keeps of what it is sent, and how it looks at a moment. */
import { describe, expect, test } from "vitest";
import { actorRows } from "../../../src/console/inspector/model/actor-rows.ts";
import { chartStates } from "../../../src/console/inspector/model/chart-states.ts";
import { Collection, mostEntries } from "../../../src/console/inspector/model/collection.ts";
import { Focus } from "../../../src/console/inspector/model/focus.ts";
import { longestJson, readMessage } from "../../../src/console/inspector/model/message.ts";
import { activePaths, statePath } from "../../../src/console/inspector/model/state-value.ts";

interface Sent {
  readonly status?: string;
  readonly value?: unknown;
  readonly [field: string]: unknown;
}

function sender(collection: Collection, source = "program 1") {
  let at = 0;
  const add = (data: object): void => {
    at += 1;
    const message = readMessage({ createdAt: String(at), ...data });
    if (message) collection.add(source, message);
  };
  const snapshotOf = ({ status = "active", ...rest }: Sent) => ({ status, ...rest });
  return {
    actor: (sessionId: string, { parentId, ...rest }: Sent & { readonly parentId?: string } = {}) =>
      add({ type: "@xstate.actor", sessionId, name: sessionId, parentId, snapshot: snapshotOf(rest) }),
    event: (sessionId: string, type: string, sourceId?: string) =>
      add({ type: "@xstate.event", sessionId, sourceId, event: { type } }),
    snapshot: (sessionId: string, type: string, sent: Sent) =>
      add({ type: "@xstate.snapshot", sessionId, event: { type }, snapshot: snapshotOf(sent) }),
    add,
  };
}

const everything = { search: "", hidesGhosts: false, folded: new Set<string>() };

function names(collection: Collection, choice: Partial<typeof everything> = {}): string[] {
  return actorRows(collection.roots, { ...everything, ...choice }).map(
    ({ actor, level }) => `${"-".repeat(level - 1)}${actor.name}`,
  );
}

function actorNamed(collection: Collection, name: string) {
  const found = [...collection.actors.values()].find((actor) => actor.name === name);
  if (!found) throw new Error(`There is no actor ${name}.`);
  return found;
}

test("an event and the snapshot that it led to are one entry, although others come between", () => {
  const collection = new Collection();
  const { actor, event, snapshot } = sender(collection);
  actor("a", { value: "off" });
  actor("b", { value: "off" });
  event("a", "go", "b");
  event("b", "go");
  snapshot("b", "go", { value: "on" });
  snapshot("a", "go", { value: "on" });
  snapshot("a", "xstate.after", { value: "off" });
  expect(
    collection
      .entries()
      .map(({ sequence, actor: { name }, event: { type }, sender: from, snapshot: led }) => [
        sequence,
        name,
        type,
        from,
        led?.state,
      ]),
  ).toEqual([
    [1, "a", "go", "b", "on"],
    [2, "b", "go", null, "on"],
    [3, "a", "xstate.after", null, "off"],
  ]);
});

test("any moment can be looked at: each actor as it was then, and not before it was there", () => {
  const collection = new Collection();
  const focus = new Focus(collection);
  const { actor, snapshot } = sender(collection);
  actor("door", { value: "closed" });
  snapshot("door", "open", { value: "open" });
  snapshot("door", "lock", { value: "locked" });
  actor("late", { value: "new" });
  snapshot("late", "go", { value: "gone" });
  const [opened, locked, gone] = collection.entries();
  if (!opened || !locked || !gone) throw new Error("Entries are missing.");
  const seen = () => ["door", "late"].map((name) => focus.snapshotOf(actorNamed(collection, name))?.state);
  focus.goTo(opened);
  expect(seen()).toEqual(["open", undefined]);
  focus.goTo(locked);
  expect(seen()).toEqual(["locked", "new"]);
  expect(focus.step).toBe(1);
  focus.goTo(gone);
  snapshot("door", "unlock", { value: "closed" });
  expect(seen()).toEqual(["locked", "gone"]);
  focus.goLive();
  expect(seen()).toEqual(["closed", "gone"]);
});

describe("ghosts", () => {
  const withGhosts = () => {
    const collection = new Collection();
    const { actor, snapshot } = sender(collection);
    actor("phantom", { value: "initial" });
    actor("root", { value: "on" });
    snapshot("root", "xstate.init", { value: "on" });
    for (const child of ["ended", "lives"]) actor(child, { parentId: "root" });
    snapshot("ended", "xstate.init", { status: "done" });
    snapshot("lives", "xstate.init", { value: "on" });
    return collection;
  };

  test("are those that ended and those that never started; they can be hidden", () => {
    const collection = withGhosts();
    expect(names(collection)).toEqual(["phantom", "root", "-ended", "-lives"]);
    expect(names(collection, { hidesGhosts: true })).toEqual(["root", "-lives"]);
  });

  test("are never where a page begins", () => {
    const collection = withGhosts();
    const focus = new Focus(collection);
    focus.settle();
    expect(focus.actor?.name).toBe("root");
  });

  test("are all actors of a program that has gone, until it is heard of again", () => {
    const collection = withGhosts();
    collection.lose("program 1");
    expect(names(collection, { hidesGhosts: true })).toEqual([]);
    sender(collection).snapshot("root", "back", { value: "on" });
    expect(names(collection, { hidesGhosts: true })).toEqual(["root"]);
  });

  test("go when the page is cleared; what lives stays", () => {
    const collection = withGhosts();
    collection.clear();
    expect(collection.entries()).toEqual([]);
    expect(names(collection)).toEqual(["root", "-lives"]);
    expect(actorNamed(collection, "root").now.state).toBe("on");
  });
});

test("a search finds names and states, with what is above them; a folded actor hides what is below", () => {
  const collection = new Collection();
  const { actor } = sender(collection);
  actor("root");
  actor("front door", { parentId: "root", value: "open" });
  actor("back door", { parentId: "root", value: "closed" });
  expect(names(collection, { search: "front" })).toEqual(["root", "-front door"]);
  expect(names(collection, { search: "closed" })).toEqual(["root", "-back door"]);
  expect(names(collection, { folded: new Set(["program 1 root"]) })).toEqual(["root"]);
});

test("the same session ids of two programs are two actors; a child may come before its parent, and no circle is made", () => {
  const collection = new Collection();
  const [first, second] = [sender(collection, "program 1"), sender(collection, "program 2")];
  first.actor("child", { parentId: "parent" });
  first.actor("parent", { parentId: "child" });
  second.actor("parent");
  expect(names(collection)).toEqual(["parent", "-child", "parent"]);
});

test("the newest events are kept, and each actor's state before them", () => {
  const collection = new Collection();
  const { actor, snapshot } = sender(collection);
  actor("quiet", { value: "a" });
  snapshot("quiet", "go", { value: "b" });
  actor("busy");
  for (let count = 0; count < mostEntries + 500; count += 1) snapshot("busy", `e${count}`, { value: "on" });
  expect(collection.entries()).toHaveLength(mostEntries);
  expect(collection.entries()[0]?.event.type).toBe("e500");
  expect(actorNamed(collection, "quiet").now.state).toBe("b");
  expect(actorNamed(collection, "busy").steps).toHaveLength(mostEntries);
});

test("events are bounded by their characters, too", () => {
  const collection = new Collection();
  const { actor, add } = sender(collection);
  actor("a");
  const data = "x".repeat(longestJson);
  for (let count = 0; count < 600; count += 1)
    add({ type: "@xstate.event", sessionId: "a", event: { type: "big", data } });
  expect(collection.entries().length).toBeLessThan(600);
  expect(collection.entries().at(-1)?.sequence).toBe(600);
  expect(collection.entries().at(-1)?.event.json).toMatchObject({ cutFrom: expect.any(Number) });
});

test("of more than 5,000 actors those that have ended are forgotten first", () => {
  const collection = new Collection();
  const { actor, snapshot } = sender(collection);
  actor("root");
  snapshot("root", "go", { value: "on" });
  for (let count = 0; count < 5_500; count += 1) {
    actor(`c${count}`, { parentId: "root" });
    snapshot(`c${count}`, "go", count % 2 === 0 ? { status: "done" } : { value: "on" });
  }
  expect(collection.actors.size).toBe(5_000);
  expect(actorNamed(collection, "c1").parent?.name).toBe("root");
  expect(collection.actors.has("program 1 c0")).toBe(false);
});

test("what is sent again to a page that was too slow is not shown twice", () => {
  const collection = new Collection();
  const again = {
    type: "@xstate.snapshot",
    sessionId: "a",
    createdAt: "5",
    event: { type: "go" },
    snapshot: { status: "active", value: "on" },
  };
  const { add } = sender(collection);
  add(again);
  add(again);
  expect(collection.entries()).toHaveLength(1);
});

test("messages of any form are read or passed over", () => {
  const circle: Record<string, unknown> = { type: "@xstate.event", sessionId: "x" };
  circle["event"] = { type: "go", circle };
  expect(readMessage(circle)).toMatchObject({
    kind: "event",
    event: { type: "go", json: { text: expect.stringContaining("cannot be shown") } },
  });
  expect(readMessage({ type: "@xstate.snapshot", sessionId: "x", snapshot: 7, event: "go" })).toMatchObject({
    event: { type: "" },
    snapshot: { status: "active", state: "", active: [] },
  });
  for (const data of [
    null,
    7,
    [],
    {},
    { type: "@xstate.actor" },
    { type: "@xstate.event", sessionId: 7 },
    { type: "other", sessionId: "x" },
  ])
    expect(readMessage(data)).toBeNull();
});

test("the value of a state names all that it is in", () => {
  const value = { locked: { bolt: "in", alarm: { ringing: "loud" } } };
  expect(activePaths(value)).toEqual([
    "locked",
    "locked.bolt",
    "locked.bolt.in",
    "locked.alarm",
    "locked.alarm.ringing",
    "locked.alarm.ringing.loud",
  ]);
  expect(statePath(value)).toBe("locked.bolt.in, locked.alarm.ringing.loud");
  expect(statePath(undefined)).toBe("");
});

test("the states of a chart are listed from its definition; other logic has none", () => {
  const definition = { id: "door", states: { open: { type: "parallel", states: { wide: {} } }, closed: "[Object]" } };
  expect(chartStates(JSON.stringify(definition))).toEqual([
    { path: "open", name: "open", level: 0, type: "parallel" },
    { path: "open.wide", name: "wide", level: 1, type: "" },
    { path: "closed", name: "closed", level: 0, type: "" },
  ]);
  for (const other of [null, "{", '{"id":"promise"}', "7"]) expect(chartStates(other)).toBeNull();
});
