/**
 * The order in which the agents of a machine start: wave by wave, each agent after everything it names in `after`.
 * Within a wave the order of the file is kept. Pure; faults are values, the caller knows the lines.
 */
export interface Dependent {
  readonly name: string;
  readonly after: readonly string[];
}

export interface WavePlan {
  /** Names per wave. Complete only when there are no faults. */
  readonly waves: readonly (readonly string[])[];
  /** Each a closed path: the last name is the first again. */
  readonly cycles: readonly (readonly string[])[];
  readonly unknown: readonly { readonly name: string; readonly dependency: string }[];
}

export function planWaves(dependents: readonly Dependent[]): WavePlan {
  const names = new Set(dependents.map(({ name }) => name));
  const unknown = dependents.flatMap(({ name, after }) =>
    after.filter((dependency) => !names.has(dependency)).map((dependency) => ({ name, dependency })),
  );
  const waiting = new Map(
    dependents.map(({ name, after }) => [name, after.filter((dependency) => names.has(dependency))]),
  );
  const waves: string[][] = [];
  for (;;) {
    const wave = [...waiting]
      .filter(([, after]) => after.every((dependency) => !waiting.has(dependency)))
      .map(([name]) => name);
    if (wave.length === 0) break;
    waves.push(wave);
    for (const name of wave) waiting.delete(name);
  }
  return { waves, cycles: findCycles(waiting), unknown };
}

/** One closed path per knot of `waiting`, in which everything waits for something that waits. */
function findCycles(waiting: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const seen = new Set<string>();
  for (const start of waiting.keys()) {
    const path: string[] = [];
    let name: string | undefined = start;
    while (name !== undefined && !seen.has(name)) {
      seen.add(name);
      path.push(name);
      name = waiting.get(name)?.find((dependency) => waiting.has(dependency));
    }
    if (name !== undefined && path.includes(name)) cycles.push([...path.slice(path.indexOf(name)), name]);
  }
  return cycles;
}
