/** A book of folds in memory, on a clock that the test moves: what a journal does, without the journal. */
import {
  type Fold,
  type FoldBook,
  type Occurrence,
  type Placed,
  place,
  tellDue,
} from '../../../common/journal/folds/fold-book.js';
import type { KindState } from '../../../common/journal/folds/fold-rule.js';

interface Kind {
  readonly account: string;
  readonly state: KindState;
}

export class FoldWorld implements FoldBook<string> {
  nowMs = 1_000_000;
  readonly kinds = new Map<string, Kind>();
  readonly folds = new Map<string, Fold<string>>();
  readonly #kindCounts = new Map<string, number>();
  /** All that was told, in order. */
  readonly told: { kind: string; agent: string; count: number; atMs: number; isSummary: boolean }[] = [];

  report(occurrence: Partial<Occurrence<string>> & { readonly kind: string }): Placed {
    const whole = {
      agent: 'echo',
      epoch: 1,
      account: occurrence.agent ?? 'echo',
      severity: 'error' as const,
      count: 1,
      firstMs: this.nowMs,
      lastMs: this.nowMs,
      body: 'text',
      ...occurrence,
    };
    const placed = place(this, whole, this.nowMs);
    if (placed.isTold) this.#tell({ ...whole, kind: placed.kind }, false);
    return placed;
  }

  /** Lets time go by, and tells what is due as a node does: when it is due. */
  pass(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (let dueMs = this.#nextDueMs(); dueMs <= untilMs; dueMs = this.#nextDueMs()) {
      this.nowMs = Math.max(this.nowMs, dueMs);
      this.tell();
    }
    this.nowMs = untilMs;
  }

  tell(kindsMax = 16): void {
    for (let isDone = false; !isDone; ) {
      const due = tellDue(this, this.nowMs, kindsMax);
      for (const fold of due.folds) this.#tell(fold, true);
      isDone = due.isDone;
    }
  }

  get toldCount(): number {
    return this.told.reduce((sum, { count }) => sum + count, 0);
  }

  get heldCount(): number {
    return [...this.folds.values()].reduce((sum, { count }) => sum + count, 0);
  }

  kind(kind: string): KindState | undefined {
    return this.kinds.get(kind)?.state;
  }

  addKind(kind: string, account: string, state: KindState): void {
    this.kinds.set(kind, { account, state });
    this.#kindCounts.set(account, this.kindCount(account) + 1);
  }

  setKind(kind: string, state: KindState): void {
    const known = this.kinds.get(kind);
    if (known === undefined) throw new Error(`${kind} is not known`);
    this.kinds.set(kind, { ...known, state });
  }

  kindCount(account?: string): number {
    return account === undefined ? this.kinds.size : (this.#kindCounts.get(account) ?? 0);
  }

  forgetQuiet(nowMs: number): void {
    for (const [kind, { account, state }] of this.kinds) {
      if (state.step > 0 || state.dueMs > nowMs) continue;
      this.kinds.delete(kind);
      this.#kindCounts.set(account, this.kindCount(account) - 1);
    }
  }

  dueKinds(untilMs: number, limit: number) {
    return [...this.kinds]
      .map(([kind, { state }]) => ({ kind, state }))
      .filter(({ state }) => state.step > 0 && state.dueMs <= untilMs)
      .sort((a, b) => a.state.dueMs - b.state.dueMs)
      .slice(0, limit);
  }

  hasFold(kind: string, agent: string): boolean {
    return this.folds.has(`${kind} ${agent}`);
  }

  foldCount(): number {
    return this.folds.size;
  }

  count(fold: Fold<string>): void {
    const key = `${fold.kind} ${fold.agent}`;
    const held = this.folds.get(key);
    this.folds.set(key, held === undefined ? fold : { ...held, count: held.count + fold.count, lastMs: fold.lastMs });
  }

  takeFolds(kind: string): Fold<string>[] {
    const taken = [...this.folds.values()].filter((fold) => fold.kind === kind);
    for (const { agent } of taken) this.folds.delete(`${kind} ${agent}`);
    return taken;
  }

  #nextDueMs(): number {
    return Math.min(...[...this.kinds.values()].map(({ state }) => state.dueMs));
  }

  #tell({ kind, agent, count }: Fold<string>, isSummary: boolean): void {
    this.told.push({ kind, agent, count, atMs: this.nowMs, isSummary });
  }
}
