/** What came of telling somebody. Types only. */
export interface Delivery {
  readonly ok: boolean;
  /** What was answered, or why nothing was, in a sentence. */
  readonly said: string;
  /** Trying again would not help: the address is refused, or the other side refuses what we say. */
  readonly isFinal?: boolean;
}
