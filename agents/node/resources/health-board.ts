/**
 * The health of a machine's instances as others are told of it: what each says of itself, and what only the node sees of
 * its limits. Pure.
 *
 * H1  What `of` answers changes with the first word of an incarnation and in `tick`, and then alone: the registry compares
 *     tables, and one whose figures moved by themselves would be sent for ever.
 * H2  A change is told when it is worth telling (`isWorthTelling`), so that the registry does not follow every breath.
 * H3  A word counts for its incarnation alone.
 */
import { type Health, type HealthSigns, healthOf, isWorthTelling } from '../../../common/core/health-score.js';

interface Patient {
  readonly epoch: number;
  /** Its own word; undefined for a program that is only supervised. */
  own: Health | undefined;
  signs: HealthSigns;
  /** Undefined while there is nothing to tell. */
  told: Health | undefined;
  toldMs: number;
  /** What is told is all that is known. */
  isSettled: boolean;
}

/** Of a program that says nothing. */
const SILENT: Health = { reasons: [] };

export class HealthBoard {
  readonly #patients = new Map<string, Patient>();

  /** An instance says how it fares. */
  hear(name: string, epoch: number, own: Health, nowMs: number): void {
    const patient = this.#patientOf(name, epoch);
    if (patient.own === undefined) {
      patient.told = healthOf(patient.signs, own);
      patient.toldMs = nowMs;
    }
    patient.own = own;
    patient.isSettled = false;
  }

  /** The node has looked at what it uses of its limits. */
  look(name: string, epoch: number, signs: HealthSigns): void {
    const patient = this.#patientOf(name, epoch);
    patient.signs = signs;
    patient.isSettled = false;
  }

  /** What others are told; undefined when there is nothing to tell. */
  of(name: string, epoch: number): Health | undefined {
    const patient = this.#patients.get(name);
    return patient?.epoch === epoch ? patient.told : undefined;
  }

  forget(name: string): void {
    this.#patients.delete(name);
  }

  /** Answers whether others are told anything else from now on. */
  tick(nowMs: number): boolean {
    let isChanged = false;
    for (const patient of this.#patients.values()) {
      if (patient.isSettled) continue;
      const { told = SILENT, toldMs } = patient;
      const health = healthOf(patient.signs, patient.own ?? SILENT);
      patient.isSettled = health.score === told.score && health.reasons.length === told.reasons.length;
      if (!isWorthTelling({ health: told, toldMs }, health, nowMs)) continue;
      patient.told = health;
      patient.toldMs = nowMs;
      patient.isSettled = true;
      isChanged = true;
    }
    return isChanged;
  }

  #patientOf(name: string, epoch: number): Patient {
    let patient = this.#patients.get(name);
    if (patient?.epoch !== epoch) {
      const toldMs = Number.NEGATIVE_INFINITY;
      patient = { epoch, own: undefined, signs: {}, told: undefined, toldMs, isSettled: true };
      this.#patients.set(name, patient);
    }
    return patient;
  }
}
