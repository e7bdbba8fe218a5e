/** A span of time as people say it, to two digits where that is enough: `850 ms`, `1.2 s`, `45 s`, `15 min`, `3 h`. */
export function durationText(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  const [value, unit] =
    ms < 120_000 ? [ms / 1_000, 's'] : ms < 7_200_000 ? [ms / 60_000, 'min'] : [ms / 3_600_000, 'h'];
  return `${value < 9.95 ? Number(value.toFixed(1)) : Math.round(value)} ${unit}`;
}
