/** The structure of a chart, as inspectors draw it: names only, without contexts, inputs and implementations. */

/** The part of a chart's configuration that is shown. */
export interface ChartDefinition {
  readonly id: string;
  readonly [part: string]: unknown;
}

type Part = Readonly<Record<string, unknown>>;

/**
 * @param own shows parameters of actions and guards: in Gatehouse's own charts they are names of causes and reasons.
 */
export function definitionOf(
  config: unknown,
  { id, own }: { readonly id: string; readonly own: boolean },
): ChartDefinition {
  if (!isPart(config)) return { id };
  const { id: _, ...structure } = stateOf(config, own);
  return { id, ...structure };
}

function stateOf(config: Part, own: boolean): Part {
  const transitions = (value: unknown) => transitionsOf(value, own);
  return defined({
    id: nameIn(config["id"]),
    type: nameIn(config["type"]),
    history: nameIn(config["history"]),
    initial: nameIn(config["initial"]),
    target: nameIn(config["target"]),
    description: nameIn(config["description"]),
    tags: config["tags"] === undefined ? undefined : listOf(config["tags"]).map(nameIn),
    entry: namesOf(config["entry"], own),
    exit: namesOf(config["exit"], own),
    invoke: config["invoke"] === undefined ? undefined : listOf(config["invoke"]).map((one) => invokeOf(one, own)),
    on: mapped(config["on"], transitions),
    after: mapped(config["after"], transitions),
    always: transitions(config["always"]),
    onDone: transitions(config["onDone"]),
    states: mapped(config["states"], (state) => (isPart(state) ? stateOf(state, own) : {})),
  });
}

function invokeOf(invoke: unknown, own: boolean): Part {
  if (!isPart(invoke)) return {};
  return defined({
    id: nameIn(invoke["id"]),
    src: nameOf(invoke["src"], own),
    onDone: transitionsOf(invoke["onDone"], own),
    onError: transitionsOf(invoke["onError"], own),
    onSnapshot: transitionsOf(invoke["onSnapshot"], own),
  });
}

function transitionsOf(value: unknown, own: boolean): unknown {
  if (value === undefined || typeof value === "string") return value;
  const shown = listOf(value).map((transition) =>
    isPart(transition)
      ? defined({
          target: transition["target"] === undefined ? undefined : listOf(transition["target"]).map(nameIn),
          guard: transition["guard"] === undefined ? undefined : nameOf(transition["guard"], own),
          actions: namesOf(transition["actions"], own),
          description: nameIn(transition["description"]),
          reenter: transition["reenter"] === true ? true : undefined,
        })
      : { target: nameIn(transition) },
  );
  return Array.isArray(value) ? shown : shown[0];
}

function namesOf(value: unknown, own: boolean): readonly unknown[] | undefined {
  return value === undefined ? undefined : listOf(value).map((one) => nameOf(one, own));
}

/** An action, a guard or an actor: its name, with the parameters that the chart fixes. */
function nameOf(value: unknown, own: boolean): unknown {
  if (typeof value === "string") return value;
  if (typeof value === "function") return { type: nameIn(Reflect.get(value, "type")) ?? value.name };
  if (!isPart(value)) return { type: "inline" };
  const params = own && isPart(value["params"]) ? value["params"] : undefined;
  return defined({ type: nameIn(value["type"]) ?? "inline", params });
}

function mapped(value: unknown, show: (part: unknown) => unknown): Part | undefined {
  if (!isPart(value)) return undefined;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, show(part)]));
}

function nameIn(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function isPart(value: unknown): value is Part {
  return typeof value === "object" && value !== null;
}

function defined(part: Part): Part {
  return Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined));
}
