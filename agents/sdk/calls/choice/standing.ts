/**
 * How one incarnation of an instance stands with this process: how quick it was, whether its connection holds, and whether it
 * is to be left alone. Pure: time comes in.
 */

import type { InstanceSign } from '../outcome.js';
import { Breaker, type BreakerOptions, breakerDefaults } from '../policies/breaker.js';
import { Load } from './load.js';
import type { Candidate } from './strategies/strategy.js';

export interface StandingOptions {
  /** `agent@machine` */
  readonly instance: string;
  /** On the caller's own machine. */
  readonly near: boolean;
  /** From now on another choice may be right. */
  readonly onShift?: () => void;
}

export class Standing implements Candidate {
  readonly instance: string;
  readonly near: boolean;
  readonly load = new Load();
  readonly breaker: Breaker;
  /** From 0 to 1, in its own words. */
  health = 1;
  readonly #onShift: () => void;
  #isBroken = false;

  constructor({ instance, near, onShift = () => undefined }: StandingOptions) {
    this.instance = instance;
    this.near = near;
    this.#onShift = onShift;
    this.breaker = new Breaker(onShift);
  }

  /** Its connection was there and is not: whoever else can serve is preferred. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  set isBroken(isBroken: boolean) {
    if (isBroken === this.#isBroken) return;
    this.#isBroken = isBroken;
    this.#onShift();
  }

  onSent(nowMs: number, options: BreakerOptions = breakerDefaults): void {
    this.load.onSent(nowMs);
    this.breaker.onSent(nowMs, options);
  }

  onAnswer(sentMs: number, nowMs: number, options: BreakerOptions = breakerDefaults): void {
    this.load.onAnswer(sentMs, nowMs);
    // What made it open says nothing any more: it would be left to others long after it is well.
    if (this.breaker.onAnswer(sentMs, nowMs, options)) this.load.begin(nowMs - sentMs, nowMs);
  }

  /** Its connection broke, or its process ended: one failure, however many calls were out. */
  onLost(nowMs: number, options: BreakerOptions = breakerDefaults): void {
    this.breaker.onFailure(nowMs, nowMs, options);
    this.isBroken = true;
  }

  onStreamOpened(nowMs: number, options: BreakerOptions = breakerDefaults): void {
    this.load.onStream(true);
    this.breaker.onSent(nowMs, options);
  }

  /** How long a stream took says nothing; that it was answered, or kept waiting, does. */
  onStreamEnded(sign: InstanceSign, openedMs: number, nowMs: number, options: BreakerOptions = breakerDefaults): void {
    this.load.onStream(false);
    if (sign === 'silent') this.breaker.onFailure(openedMs, nowMs, options);
    else if (sign === 'well' || sign === 'pressed') this.breaker.onAnswer(openedMs, nowMs, options);
    else this.breaker.onNothing(openedMs, nowMs);
  }

  /** @param avoidedMs how long it is not preferred when it is pressed. */
  onFailure(
    sign: InstanceSign,
    sentMs: number,
    nowMs: number,
    avoidedMs = 0,
    options: BreakerOptions = breakerDefaults,
  ): void {
    if (sign === 'well') return this.onAnswer(sentMs, nowMs, options);
    if (sign === 'silent' || sign === 'lost') {
      this.load.onFailure(Math.max(nowMs - sentMs, SILENCE_MS), nowMs);
      return sign === 'silent' ? this.breaker.onFailure(sentMs, nowMs, options) : this.breaker.onNothing(sentMs, nowMs);
    }
    this.load.onNothing();
    if (sign === 'nothing') return this.breaker.onNothing(sentMs, nowMs);
    this.load.avoid(avoidedMs, nowMs);
    this.breaker.onAnswer(sentMs, nowMs, options);
  }
}

/** A connection that breaks at once is not a quick answer. */
const SILENCE_MS = 1_000;
