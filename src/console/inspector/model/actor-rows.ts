/** The tree of actors as rows: what is found, what is hidden, what is folded. */
import type { WatchedActor } from "./watched-actor.ts";

export interface ActorRow {
  readonly actor: WatchedActor;
  /** From 1 on. */
  readonly level: number;
  /** Null without any below it. */
  readonly isOpen: boolean | null;
  /** Its place among those of its parent, from 1 on, and how many they are. */
  readonly position: number;
  readonly siblings: number;
}

interface Choice {
  /** In lower case; empty for all. */
  readonly search: string;
  readonly hidesGhosts: boolean;
  readonly folded: ReadonlySet<string>;
}

interface Branch {
  readonly actor: WatchedActor;
  readonly below: readonly Branch[];
}

export function actorRows(roots: Iterable<WatchedActor>, choice: Choice): ActorRow[] {
  const rows: ActorRow[] = [];
  addRows(branchesOf(roots, choice), { level: 1, rows, choice });
  return rows;
}

/** One that is not wanted stays when one below it is. */
function branchesOf(actors: Iterable<WatchedActor>, choice: Choice): Branch[] {
  const branches: Branch[] = [];
  for (const actor of actors) {
    const below = branchesOf(actor.children, choice);
    if (below.length > 0 || isWanted(actor, choice)) branches.push({ actor, below });
  }
  return branches;
}

function isWanted(actor: WatchedActor, { search, hidesGhosts }: Choice): boolean {
  if (hidesGhosts && actor.isGhost) return false;
  const worker = actor.worker === null ? "" : `worker ${actor.worker}`;
  return (
    search === "" || `${actor.name} ${actor.sessionId} ${worker} ${actor.now.state}`.toLowerCase().includes(search)
  );
}

function addRows(
  branches: readonly Branch[],
  { level, rows, choice }: { readonly level: number; readonly rows: ActorRow[]; readonly choice: Choice },
): void {
  for (const [index, { actor, below }] of branches.entries()) {
    const isOpen = below.length === 0 ? null : choice.search !== "" || !choice.folded.has(actor.key);
    rows.push({ actor, level, isOpen, position: index + 1, siblings: branches.length });
    if (isOpen) addRows(below, { level: level + 1, rows, choice });
  }
}
