/** The folder of a test from which processes read where they are to die. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAILPOINTS_VARIABLE, type Failpoint } from '../../../common/core/failpoint.js';

export class FailpointFolder {
  /** For the environment of those processes. */
  readonly env: Readonly<Record<string, string>>;

  constructor(private readonly path: string) {
    mkdirSync(path, { recursive: true });
    this.env = { [FAILPOINTS_VARIABLE]: path };
  }

  /** Whoever comes to `place` for the `pass`th time dies there; also one that runs already. */
  doom(place: Failpoint, pass = 1): void {
    writeFileSync(join(this.path, place), String(pass));
  }

  /** Nobody has died there yet. */
  isDoomed(place: Failpoint): boolean {
    return existsSync(join(this.path, place));
  }
}
