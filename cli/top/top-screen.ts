/**
 * `mesh top` on a terminal: draws the newest picture, and again at every key and every change of the window's size. It is
 * left by a key or by a signal; either way the terminal is given back at once, whatever the command still waits for.
 */
import type { Context } from '../command/context.js';
import { type Key, Keyboard } from '../terminal/keyboard.js';
import { TerminalScreen } from '../terminal/terminal-screen.js';
import { arranged, onKey, type TopControls } from './top-controls.js';
import type { TopPicture } from './top-picture.js';
import { topText } from './top-view.js';

export class TopScreen {
  readonly #screen: TerminalScreen;
  readonly #stdout: NodeJS.WriteStream;
  readonly #keyboard: Keyboard | undefined;
  readonly #leaving = new AbortController();
  readonly #onResize = () => this.#draw();
  #picture: TopPicture;
  #controls: TopControls;

  constructor({ output, surroundings, signal }: Context, picture: TopPicture, controls: TopControls) {
    this.#picture = picture;
    this.#controls = controls;
    this.#screen = new TerminalScreen(output);
    // Without a keyboard it is left by a signal.
    this.#keyboard = surroundings.stdin.isTTY ? new Keyboard(surroundings.stdin, (key) => this.#onKey(key)) : undefined;
    this.#stdout = output.stdout;
    output.stdout.on('resize', this.#onResize);
    signal.addEventListener('abort', () => this.close(), { once: true });
    this.#draw();
  }

  /** Aborted when it is to be left. */
  get left(): AbortSignal {
    return this.#leaving.signal;
  }

  show(picture: TopPicture): void {
    this.#picture = picture;
    this.#draw();
  }

  /** Idempotent. */
  close(): void {
    this.#leaving.abort();
    this.#stdout.off('resize', this.#onResize);
    this.#keyboard?.close();
    this.#screen.close();
  }

  #onKey(key: Key): void {
    const next = onKey(this.#controls, key, arranged(this.#picture.processes, this.#controls).length);
    if (next === 'quit') return this.#leaving.abort();
    this.#controls = next;
    this.#draw();
  }

  #draw(): void {
    this.#screen.draw((frame) => topText(this.#picture, this.#controls, frame));
  }
}
