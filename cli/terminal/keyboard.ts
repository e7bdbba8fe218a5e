/** The keys of a terminal, one by one and not echoed, until `close`. Idempotent. */
import { emitKeypressEvents, type Key as Keypress } from 'node:readline';

/** A key as a terminal names it: `up`, `pagedown`, `return`; and the character that it types, if any. */
export interface Key {
  readonly name: string;
  readonly text: string;
  readonly ctrl: boolean;
}

export class Keyboard {
  #open = true;
  readonly #onPress: (text: string | undefined, key: Keypress) => void;

  constructor(
    private readonly stdin: NodeJS.ReadStream,
    onKey: (key: Key) => void,
  ) {
    this.#onPress = (text, key) => onKey({ name: key.name ?? '', text: text ?? '', ctrl: key.ctrl === true });
    emitKeypressEvents(stdin);
    stdin.setRawMode(true);
    stdin.on('keypress', this.#onPress);
    stdin.resume();
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.stdin.off('keypress', this.#onPress);
    this.stdin.setRawMode(false);
    this.stdin.pause();
  }
}
