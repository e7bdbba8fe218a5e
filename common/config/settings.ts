/**
 * The settings of one process: where the fleet is, which environment and machine it is to be, how much it logs. They
 * come from the command line (which wins) and from MESH_… variables. The only importer of convict.
 *
 * A bad value is refused with the name of its variable, and so is a variable that looks like one of ours mistyped.
 * Other MESH_… variables belong to somebody else and are left alone. An empty variable counts as not set.
 */
import { resolve } from 'node:path';
import convict from 'convict';
import { MeshError, messageOf } from '../core/errors.js';
import { type LogLevel, logLevels } from '../core/log-level.js';
import { nearest } from '../core/nearest.js';
import { isName, nameRule } from './schemas.js';

export interface Settings {
  /** Absolute path of the fleet folder. */
  readonly home: string;
  /** Name of the overlay in config/environments. */
  readonly environment?: string;
  /** The machine this process speaks for, when it was told. */
  readonly machine?: string;
  readonly logLevel: LogLevel;
  /** False when NO_COLOR is set; whether the output can show colours is the writer's question. */
  readonly color: boolean;
}

/** Values of command-line flags; they win over variables. */
export interface SettingsFlags {
  readonly home?: string | undefined;
  readonly environment?: string | undefined;
  readonly machine?: string | undefined;
  readonly logLevel?: string | undefined;
}

export interface SettingsSource {
  readonly env: NodeJS.ProcessEnv;
  readonly flags?: SettingsFlags;
  /** What a relative home is relative to, and the home when none is given. */
  readonly cwd: string;
}

const name = (value: unknown): void => {
  if (value !== '' && !isName(String(value))) throw new Error(`must be a name (${nameRule})`);
};
const text = (value: unknown): void => {
  if (String(value).includes('\0')) throw new Error('must not contain a zero byte');
};
const level = (value: unknown): void => {
  const near = nearest(String(value), logLevels);
  if (value === '' || isLogLevel(value)) return;
  throw new Error(`must be one of ${logLevels.join(', ')}${near === undefined ? '' : `; did you mean ${near}?`}`);
};
const isLogLevel = (value: unknown): value is LogLevel => logLevels.some((known) => known === value);

const schema = {
  home: { doc: "the fleet's folder", format: text, default: '', env: 'MESH_HOME', flag: '--mesh' },
  environment: { doc: 'overlay in config/environments', format: name, default: '', env: 'MESH_ENV', flag: '--env' },
  machine: {
    doc: 'the machine this process speaks for',
    format: name,
    default: '',
    env: 'MESH_MACHINE',
    flag: '--machine',
  },
  logLevel: {
    doc: 'least severe entry that is logged',
    format: level,
    default: '',
    env: 'MESH_LOG_LEVEL',
    flag: '--log-level',
  },
  noColor: { doc: 'any text turns colours off', format: text, default: '', env: 'NO_COLOR', flag: '--no-color' },
};
type Key = keyof typeof schema;
const flagKeys = ['home', 'environment', 'machine', 'logLevel'] as const satisfies readonly Key[];

/** @throws MeshError CONFIG_INVALID that names each bad variable or flag. */
export function readSettings({ env, flags = {}, cwd }: SettingsSource): Settings {
  const faults = misspelt(env);
  const config = convict(schema, { env, args: [] });
  for (const key of flagKeys) {
    const value = flags[key];
    if (value !== undefined) config.set(key, value);
  }
  try {
    config.validate({ allowed: 'strict' });
  } catch (error) {
    faults.push(
      ...messageOf(error)
        .split('\n')
        .map((line) => nameSource(line, flags)),
    );
  }
  if (faults.length > 0) {
    throw new MeshError('CONFIG_INVALID', faults.join('\n'), { hint: 'correct or unset it', details: { faults } });
  }
  const { home, environment, machine, logLevel, noColor } = config.getProperties();
  return {
    home: resolve(cwd, home),
    ...(environment === '' ? {} : { environment }),
    ...(machine === '' ? {} : { machine }),
    logLevel: isLogLevel(logLevel) ? logLevel : 'info',
    color: noColor === '',
  };
}

/** `logLevel: must be …` → `MESH_LOG_LEVEL: must be …`, or the flag's name when the flag brought the value. */
function nameSource(line: string, flags: SettingsFlags): string {
  const key = flagKeys.find((candidate) => line.startsWith(`${candidate}: `));
  if (key === undefined) return line;
  const source = flags[key] === undefined ? schema[key].env : schema[key].flag;
  return `${source}${line.slice(key.length)}`;
}

/** One slip away from ours: a setting that would silently do nothing. */
function misspelt(env: NodeJS.ProcessEnv): string[] {
  const ours = Object.values(schema).map((setting) => setting.env);
  return Object.keys(env)
    .filter((variable) => variable.startsWith('MESH_') && !ours.includes(variable))
    .flatMap((variable) => {
      const near = nearest(variable, ours, 1);
      return near === undefined ? [] : [`${variable}: is not a setting; did you mean ${near}?`];
    });
}
