/** A mailbox in memory, for tests of protocols: the whole contract in the plainest way, and `deliver` beside it. */
import { buffer } from "node:stream/consumers";
import { compareFlags, isKeyword, parseFlags, tooManyKeywords } from "../../src/mailbox/database/flags.ts";
import {
  canonicalName,
  compareNames,
  isBelow,
  newName,
  superiorsOf,
} from "../../src/mailbox/database/mailbox-names.ts";
import { checkScript, checkScriptName, tooManyScripts } from "../../src/mailbox/database/script-names.ts";
import { parseStructure } from "../../src/mailbox/message/parse-structure.ts";
import { matches } from "../../src/mailbox/message/text-search.ts";
import { ChangeFeed } from "../../src/mailbox/open/change-feed.ts";
import {
  type AccountMail,
  type Appended,
  type AppendRequest,
  type Copied,
  DEFAULT_MAILBOX_LIMITS,
  type DescribedMessage,
  type FlagChange,
  INBOX,
  type Mailbox,
  type MailboxChange,
  type MailboxEntry,
  MailboxError,
  type Mailboxes,
  type MailboxLimits,
  type MailboxStatus,
  type Maildrop,
  type MessageContent,
  type MessageSummary,
  type Quota,
  type ScriptEntry,
  type Scripts,
  SPECIAL_USES,
  type StoreResult,
  type TextQuery,
} from "../../src/protocols/mailbox.ts";

interface Message {
  summary: MessageSummary;
  readonly bytes: Buffer;
}

interface Folder {
  name: string;
  uidValidity: number;
  selectable: boolean;
  specialUse: string[];
  uidNext: number;
  modseq: number;
  recentFrom: number;
  messages: Message[];
  keywords: Map<string, string>;
  readonly views: Set<View>;
}

interface Account {
  readonly folders: Map<string, Folder>;
  readonly subscribed: Set<string>;
  readonly scripts: Map<string, Uint8Array>;
  activeScript: string | null;
  maildrop: boolean;
}

export class MemoryMailboxes implements Mailboxes {
  readonly limits: MailboxLimits;
  readonly #accounts = new Map<string, Account>();
  #uidValidity = 1_700_000_000;

  constructor(limits: Partial<MailboxLimits> = {}) {
    this.limits = { ...DEFAULT_MAILBOX_LIMITS, ...limits };
  }

  async open({ username }: { username: string }): Promise<AccountMail> {
    return new MemoryAccount(this, this.account(username));
  }

  /** A message as SMTP would bring it, into INBOX of an account that need not be there yet. */
  deliver(username: string, message: string | Uint8Array): number {
    const folder = folderOf(this.account(username), INBOX);
    const bytes = Buffer.from(message);
    const [summary] = add(folder, [{ bytes, flags: [], internalDate: Date.now() }], null);
    return summary?.uid ?? 0;
  }

  account(username: string): Account {
    let account = this.#accounts.get(username);
    if (!account) {
      account = {
        ...{ folders: new Map(), subscribed: new Set(), scripts: new Map(), activeScript: null, maildrop: false },
      };
      this.#accounts.set(username, account);
      for (const name of [INBOX, ...SPECIAL_USES.map((use) => use.slice(1))]) {
        this.make(account, { name, specialUse: name === INBOX ? [] : [`\\${name}`] });
        account.subscribed.add(name);
      }
    }
    return account;
  }

  make(account: Account, { name, specialUse }: { name: string; specialUse: string[] }): Folder {
    this.#uidValidity += 1;
    const folder: Folder = {
      ...{ name, specialUse, uidValidity: this.#uidValidity, selectable: true },
      ...{ uidNext: 1, modseq: 1, recentFrom: 1, messages: [], keywords: new Map(), views: new Set<View>() },
    };
    account.folders.set(name, folder);
    return folder;
  }
}

class MemoryAccount implements AccountMail {
  readonly #all: MemoryMailboxes;
  readonly #account: Account;
  readonly #open = new Set<{ close(): void }>();
  readonly limits: MailboxLimits;
  readonly scripts: Scripts;

  constructor(all: MemoryMailboxes, account: Account) {
    this.#all = all;
    this.#account = account;
    this.limits = all.limits;
    this.scripts = new MemoryScripts(account, all.limits);
  }

  async list(): Promise<readonly MailboxEntry[]> {
    const { folders, subscribed } = this.#account;
    const names = [...new Set([...folders.keys(), ...subscribed])].sort(compareNames);
    return names.map((name) => {
      const folder = folders.get(name);
      return {
        name,
        exists: folder !== undefined,
        selectable: folder?.selectable ?? false,
        subscribed: subscribed.has(name),
        hasChildren: [...folders.keys()].some((other) => isBelow(other, name)),
        specialUse: SPECIAL_USES.filter((use) => folder?.specialUse.includes(use)),
      };
    });
  }

  async create(name: string, { specialUse = [] }: { readonly specialUse?: readonly string[] } = {}): Promise<void> {
    const { folders } = this.#account;
    const made = newName(name, this.limits);
    const present = folders.get(made);
    if (present?.selectable) throw exists(made);
    const uses = specialUse.map((wanted) => {
      const use = SPECIAL_USES.find((known) => known.toLowerCase() === wanted.toLowerCase());
      if (use && ![...folders.values()].some((folder) => folder.specialUse.includes(use))) return use;
      throw new MailboxError("special-use-unavailable", `The special use ${wanted} is not supported or taken.`);
    });
    this.#makeAll([...superiorsOf(made).filter((superior) => !folders.has(superior)), ...(present ? [] : [made])]);
    const folder = present ? this.#all.make(this.#account, { name: made, specialUse: [] }) : folders.get(made);
    if (folder) folder.specialUse = uses;
  }

  async delete(name: string): Promise<void> {
    const { folders } = this.#account;
    const folder = this.#folder(name);
    if (folder.name === INBOX) throw new MailboxError("mailbox-protected", "INBOX cannot be deleted.");
    const hasChildren = [...folders.keys()].some((other) => isBelow(other, folder.name));
    if (!folder.selectable && hasChildren)
      throw new MailboxError("mailbox-has-children", "Delete those below it first.");
    folders.delete(folder.name);
    if (hasChildren) this.#all.make(this.#account, { name: folder.name, specialUse: [] }).selectable = false;
    tell(folder, () => ({ type: "mailbox.deleted" }));
  }

  async rename(from: string, to: string): Promise<void> {
    const { folders } = this.#account;
    const folder = this.#folder(from);
    const name = newName(to, this.limits);
    if (folders.has(name)) throw exists(name);
    if (isBelow(name, folder.name) && folder.name !== INBOX) {
      throw new MailboxError("mailbox-protected", "A mailbox cannot be moved below itself.");
    }
    const below =
      folder.name === INBOX ? [] : [...folders.values()].filter((other) => isBelow(other.name, folder.name));
    for (const other of below) newName(name + other.name.slice(folder.name.length), this.limits);
    const missing = superiorsOf(name).filter((superior) => !folders.has(superior));
    this.#makeAll(folder.name === INBOX ? [...missing, name] : missing);
    if (folder.name === INBOX) {
      const target = folderOf(this.#account, name);
      const moved = folder.messages;
      remove(folder, { uids: moved.map(({ summary }) => summary.uid), by: null });
      add(target, moved.map(toAddition), null);
      return;
    }
    for (const moved of [folder, ...below]) {
      folders.delete(moved.name);
      moved.name = name + moved.name.slice(canonicalName(from).length);
      folders.set(moved.name, moved);
      tell(moved, () => ({ type: "mailbox.renamed", name: moved.name }));
    }
  }

  async subscribe(name: string): Promise<void> {
    const canonical = this.#folder(name).name;
    const { subscribed } = this.#account;
    if (!subscribed.has(canonical) && subscribed.size >= this.limits.maxMailboxes) throw tooMany();
    subscribed.add(canonical);
  }

  async unsubscribe(name: string): Promise<void> {
    this.#account.subscribed.delete(canonicalName(name));
  }

  async status(name: string): Promise<MailboxStatus> {
    const { messages, uidNext, uidValidity, recentFrom, modseq } = this.#selectable(name);
    const having = (flag: string) => messages.filter(({ summary }) => summary.flags.includes(flag)).length;
    return {
      messages: messages.length,
      recent: messages.filter(({ summary }) => summary.uid >= recentFrom).length,
      unseen: messages.length - having("\\Seen"),
      deleted: having("\\Deleted"),
      ...{ uidNext, uidValidity, size: sizeOf(messages), highestModseq: modseq },
    };
  }

  async select(name: string, { readOnly }: { readonly readOnly: boolean }): Promise<Mailbox> {
    const folder = this.#selectable(name);
    const view = new View(folder, { readOnly, account: this.#account, limits: this.limits });
    if (!readOnly) folder.recentFrom = folder.uidNext;
    folder.views.add(view);
    this.#open.add(view);
    return view;
  }

  async append(name: string, { body, size, flags = [], internalDate }: AppendRequest): Promise<Appended> {
    try {
      const folder = this.#selectable(name);
      const parsed = keywordsFor(folder, { flags: parseFlags(flags, this.limits), limits: this.limits });
      checkQuota(this.#account, { more: size ?? 0, limits: this.limits });
      const bytes = await buffer(body).catch((cause: unknown) => {
        throw new MailboxError("message-incomplete", "The message broke off before its end.", { cause });
      });
      checkQuota(this.#account, { more: bytes.length, limits: this.limits });
      if (this.#selectable(name) !== folder) throw missing(name);
      const [added] = add(folder, [{ bytes, flags: parsed, internalDate: internalDate ?? Date.now() }], null);
      return { uidValidity: folder.uidValidity, uid: added?.uid ?? 0 };
    } catch (error) {
      body.on("error", () => {}).resume();
      throw error;
    }
  }

  async lockMaildrop(): Promise<Maildrop> {
    if (this.#account.maildrop) throw new MailboxError("maildrop-locked", "Another session has the maildrop.");
    this.#account.maildrop = true;
    const maildrop = new MemoryMaildrop(this.#account);
    this.#open.add({ close: () => maildrop.release() });
    return maildrop;
  }

  async quota(): Promise<Quota> {
    const messages = [...this.#account.folders.values()].flatMap((folder) => folder.messages);
    return { used: sizeOf(messages), limit: this.limits.maxStorage, messages: messages.length };
  }

  close(): void {
    for (const open of this.#open) open.close();
    this.#open.clear();
  }

  #makeAll(names: readonly string[]): void {
    if (this.#account.folders.size + names.length > this.limits.maxMailboxes) throw tooMany();
    for (const name of names) this.#all.make(this.#account, { name, specialUse: [] });
  }

  #folder(name: string): Folder {
    return folderOf(this.#account, name);
  }

  #selectable(name: string): Folder {
    return selectableOf(this.#account, name);
  }
}

class View implements Mailbox {
  readonly #folder: Folder;
  readonly #account: Account;
  readonly #limits: MailboxLimits;
  readonly #feed = new ChangeFeed();
  readonly name: string;
  readonly readOnly: boolean;
  readonly uidValidity: number;
  readonly messages: readonly MessageSummary[];
  readonly uidNext: number;
  readonly highestModseq: number;
  readonly recentFrom: number;

  constructor(folder: Folder, options: { readOnly: boolean; account: Account; limits: MailboxLimits }) {
    this.#folder = folder;
    this.#account = options.account;
    this.#limits = options.limits;
    this.name = folder.name;
    this.readOnly = options.readOnly;
    this.uidValidity = folder.uidValidity;
    this.messages = folder.messages.map(({ summary }) => summary);
    this.uidNext = folder.uidNext;
    this.highestModseq = folder.modseq;
    this.recentFrom = folder.recentFrom;
  }

  get changes$() {
    return this.#feed.changes$;
  }

  get keywords(): readonly string[] {
    return [...this.#folder.keywords.values()].sort(compareFlags);
  }

  get acceptsKeywords(): boolean {
    return this.#folder.keywords.size < this.#limits.maxKeywords;
  }

  tell(change: MailboxChange): void {
    this.#feed.push(change);
    if (change.type === "mailbox.deleted") this.close();
  }

  async refresh(): Promise<void> {
    this.#present();
  }

  async *describe(uids: readonly number[]): AsyncGenerator<DescribedMessage, void, undefined> {
    for (const { summary, bytes } of this.#these(uids)) {
      yield { uid: summary.uid, structure: await parseStructure(sliceOf(bytes), bytes.length) };
    }
  }

  async content(uid: number): Promise<MessageContent> {
    return contentOf(this.#present(), uid);
  }

  async matching(query: TextQuery, uids: readonly number[]): Promise<readonly number[]> {
    const found: number[] = [];
    for (const { summary, bytes } of this.#these(uids)) {
      const structure = await parseStructure(sliceOf(bytes), bytes.length);
      if (await matches(query, { structure, read: sliceOf(bytes) })) found.push(summary.uid);
    }
    return found;
  }

  async store(uids: readonly number[], { mode, flags, unchangedSince }: FlagChange): Promise<StoreResult> {
    const folder = this.#writable();
    const given = parseFlags(flags, this.#limits);
    const wanted = keywordsFor(folder, { flags: given, limits: this.#limits, make: mode !== "remove" });
    const all = this.#these(uids);
    const held = all.filter(({ summary }) => summary.modseq > (unchangedSince ?? Number.POSITIVE_INFINITY));
    const changed = all.filter((message) => {
      if (held.includes(message)) return false;
      const now = changeFlags(message.summary.flags, { mode, flags: wanted });
      if (now.join(" ") === message.summary.flags.join(" ")) return false;
      message.summary = Object.freeze({ ...message.summary, flags: now, modseq: folder.modseq + 1 });
      return true;
    });
    if (changed.length > 0) {
      folder.modseq += 1;
      const messages = changed.map(({ summary }) => summary);
      tell(folder, (view) => ({ type: "mailbox.flagsChanged", messages, own: view === this }));
    }
    return {
      messages: all.filter((message) => !held.includes(message)).map(({ summary }) => summary),
      modified: held.map(({ summary }) => summary.uid),
    };
  }

  async copy(uids: readonly number[], to: string): Promise<Copied> {
    return this.#copy(this.#present(), { uids, to, check: true });
  }

  async move(uids: readonly number[], to: string): Promise<Copied> {
    const folder = this.#writable();
    const copied = this.#copy(folder, { uids, to, check: false });
    remove(folder, { uids: copied.from, by: this });
    return copied;
  }

  async expunge(uids?: readonly number[]): Promise<readonly number[]> {
    const folder = this.#writable();
    const messages = uids ? this.#these(uids) : folder.messages;
    const deleted = messages.filter(({ summary }) => summary.flags.includes("\\Deleted"));
    return remove(folder, { uids: deleted.map(({ summary }) => summary.uid), by: this });
  }

  close(): void {
    this.#folder.views.delete(this);
    this.#feed.complete();
  }

  #copy(folder: Folder, { uids, to, check }: { uids: readonly number[]; to: string; check: boolean }): Copied {
    const target = selectableOf(this.#account, to);
    const messages = this.#these(uids);
    if (messages.length < new Set(uids).size) throw gone();
    if (check) checkQuota(this.#account, { more: sizeOf(messages), limits: this.#limits });
    const known = messages.map(({ summary }) => {
      return keywordsFor(target, { flags: summary.flags, limits: this.#limits });
    });
    const additions = messages.map((message, index) => ({ ...toAddition(message), flags: known[index] ?? [] }));
    const added = add(target, additions, target === folder ? this : null);
    return {
      uidValidity: target.uidValidity,
      from: messages.map(({ summary }) => summary.uid),
      to: added.map(({ uid }) => uid),
    };
  }

  #these(uids: readonly number[]): Message[] {
    const wanted = new Set(uids);
    return this.#present().messages.filter(({ summary }) => wanted.has(summary.uid));
  }

  #present(): Folder {
    if (this.#folder.views.has(this)) return this.#folder;
    throw missing(this.name);
  }

  #writable(): Folder {
    const folder = this.#present();
    if (this.readOnly) throw new MailboxError("mailbox-read-only", "The mailbox was opened for reading only.");
    return folder;
  }
}

class MemoryMaildrop implements Maildrop {
  readonly #account: Account;
  readonly #folder: Folder;
  readonly messages: Maildrop["messages"];
  #released = false;

  constructor(account: Account) {
    this.#account = account;
    this.#folder = folderOf(account, INBOX);
    this.messages = this.#folder.messages.map(({ summary: { uid, size } }) => {
      return { uid, size, uniqueId: `${this.#folder.uidValidity}.${uid}` };
    });
  }

  async content(uid: number): Promise<MessageContent> {
    return contentOf(this.#folder, uid);
  }

  async remove(uids: readonly number[]): Promise<void> {
    remove(this.#folder, { uids, by: null });
  }

  release(): void {
    if (!this.#released) this.#account.maildrop = false;
    this.#released = true;
  }
}

class MemoryScripts implements Scripts {
  readonly #account: Account;
  readonly #limits: MailboxLimits;

  constructor(account: Account, limits: MailboxLimits) {
    this.#account = account;
    this.#limits = limits;
  }

  async list(): Promise<readonly ScriptEntry[]> {
    const { scripts, activeScript } = this.#account;
    return [...scripts]
      .map(([name, { length }]) => ({ name, active: name === activeScript, size: length }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async get(name: string): Promise<Uint8Array> {
    return this.#script(name);
  }

  async haveSpace(name: string, size: number): Promise<void> {
    checkScript({ name, size }, this.#limits);
    const { scripts } = this.#account;
    if (!scripts.has(name) && scripts.size >= this.#limits.maxScripts) throw tooManyScripts(this.#limits);
  }

  async put(name: string, script: Uint8Array): Promise<void> {
    await this.haveSpace(name, script.length);
    this.#account.scripts.set(name, Uint8Array.from(script));
  }

  async delete(name: string): Promise<void> {
    this.#script(name);
    if (this.#account.activeScript === name) throw new MailboxError("script-active", "The active script stays.");
    this.#account.scripts.delete(name);
  }

  async rename(from: string, to: string): Promise<void> {
    checkScriptName(to, this.#limits);
    const script = this.#script(from);
    if (this.#account.scripts.has(to)) throw new MailboxError("script-exists", `There is a script ${to}.`);
    this.#account.scripts.delete(from);
    this.#account.scripts.set(to, script);
    if (this.#account.activeScript === from) this.#account.activeScript = to;
  }

  async activate(name: string | null): Promise<void> {
    if (name !== null) this.#script(name);
    this.#account.activeScript = name;
  }

  #script(name: string): Uint8Array {
    const script = this.#account.scripts.get(name);
    if (script) return script;
    throw new MailboxError("script-missing", `There is no script ${name}.`);
  }
}

interface Addition {
  readonly bytes: Buffer;
  readonly flags: readonly string[];
  readonly internalDate: number;
}

function toAddition({ bytes, summary: { flags, internalDate } }: Message): Addition {
  return { bytes, flags, internalDate };
}

function add(folder: Folder, additions: readonly Addition[], by: View | null): MessageSummary[] {
  if (additions.length === 0) return [];
  folder.modseq += 1;
  const messages = additions.map(({ bytes, flags, internalDate }): Message => {
    const uid = folder.uidNext;
    folder.uidNext += 1;
    const sorted = [...flags].sort(compareFlags);
    for (const flag of sorted.filter(isKeyword)) folder.keywords.set(flag.toLowerCase(), flag);
    return {
      summary: Object.freeze({ uid, flags: sorted, size: bytes.length, internalDate, modseq: folder.modseq }),
      bytes,
    };
  });
  folder.messages.push(...messages);
  const summaries = messages.map(({ summary }) => summary);
  tell(folder, (view) => ({ type: "mailbox.appended", messages: summaries, own: view === by }));
  if ([...folder.views].some(({ readOnly }) => !readOnly)) folder.recentFrom = folder.uidNext;
  return summaries;
}

function remove(folder: Folder, { uids, by }: { uids: readonly number[]; by: View | null }): number[] {
  const wanted = new Set(uids);
  const removed = folder.messages.filter(({ summary }) => wanted.has(summary.uid)).map(({ summary }) => summary.uid);
  if (removed.length === 0) return removed;
  folder.messages = folder.messages.filter(({ summary }) => !wanted.has(summary.uid));
  folder.modseq += 1;
  const { modseq } = folder;
  tell(folder, (view) => ({ type: "mailbox.expunged", uids: removed, modseq, own: view === by }));
  return removed;
}

function tell(folder: Folder, change: (view: View) => MailboxChange): void {
  for (const view of [...folder.views]) view.tell(change(view));
}

function changeFlags(before: readonly string[], { mode, flags }: Pick<FlagChange, "mode" | "flags">): string[] {
  if (mode === "remove") return before.filter((flag) => !flags.includes(flag));
  return [...new Set(mode === "add" ? [...before, ...flags] : flags)].sort(compareFlags);
}

/** Flags in the folder's spelling; makes keywords that it does not know. */
function keywordsFor(
  { keywords }: Folder,
  { flags, limits, make = true }: { flags: readonly string[]; limits: MailboxLimits; make?: boolean },
): string[] {
  const spelled = flags.map((flag) => keywords.get(flag.toLowerCase()) ?? flag);
  const fresh = spelled.filter((flag) => isKeyword(flag) && !keywords.has(flag.toLowerCase()));
  if (!make) return spelled.filter((flag) => !fresh.includes(flag));
  if (keywords.size + fresh.length > limits.maxKeywords) throw tooManyKeywords(limits);
  for (const keyword of fresh) keywords.set(keyword.toLowerCase(), keyword);
  return spelled;
}

function checkQuota({ folders }: Account, { more, limits }: { more: number; limits: MailboxLimits }): void {
  const used = sizeOf([...folders.values()].flatMap(({ messages }) => messages));
  if (limits.maxStorage === null || used + more <= limits.maxStorage) return;
  throw new MailboxError("over-quota", `The account has ${limits.maxStorage} octets, ${used} of them are taken.`);
}

function contentOf({ messages }: Folder, uid: number): MessageContent {
  const message = messages.find(({ summary }) => summary.uid === uid);
  if (!message) throw gone();
  const { bytes } = message;
  return {
    size: bytes.length,
    read: async (start, end) => bytes.subarray(start, Math.max(start, end)),
    close: () => {},
  };
}

function sliceOf(bytes: Buffer) {
  return async function* (start: number, end: number) {
    yield bytes.subarray(start, end);
  };
}

function sizeOf(messages: readonly Message[]): number {
  return messages.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

function folderOf({ folders }: Account, name: string): Folder {
  const folder = folders.get(canonicalName(name));
  if (folder) return folder;
  throw missing(name);
}

function selectableOf(account: Account, name: string): Folder {
  const folder = folderOf(account, name);
  if (folder.selectable) return folder;
  throw new MailboxError("mailbox-not-selectable", `${folder.name} holds other mailboxes only.`);
}

function missing(name: string): MailboxError {
  return new MailboxError("mailbox-missing", `There is no mailbox ${name}.`);
}

function exists(name: string): MailboxError {
  return new MailboxError("mailbox-exists", `There is a mailbox ${name}.`);
}

function gone(): MailboxError {
  return new MailboxError("message-missing", "The message was expunged.");
}

function tooMany(): MailboxError {
  return new MailboxError("too-many-mailboxes", "The account has as many mailboxes as it may.");
}
