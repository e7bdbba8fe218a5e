/** The agent that main runs because the fleet has alerts: nobody declares it, and its configuration is config/alerts.yaml. */
import { ALERTER, type AlerterConfig, type TextOrVariable } from '../../protocol/alert-rule.js';
import type { ErrorRule } from '../../protocol/errors/error-rule.js';
import type { FleetAlerts } from '../rules/alerts.js';
import { type Issue, issueWith } from '../source/issues.js';
import type { Json, Origin } from '../source/tree.js';
import { agentDefaults } from './agent-defaults.js';
import type { AgentSpec } from './agent-specs.js';
import type { BuiltinModules } from './builtin-modules.js';

/** All that it may be told from the files. */
export interface AlerterPlace {
  readonly home: string;
  readonly machine: string;
  /** Every machine of the fleet. */
  readonly machines: readonly string[];
  readonly errorRules: readonly ErrorRule[];
  readonly builtinModules: BuiltinModules;
}

/** Undefined where there is nothing to alert of. */
export function alerterSpec(
  { rules, routes, origins }: FleetAlerts,
  place: AlerterPlace,
): AgentSpec | Issue | undefined {
  const [first] = rules;
  if (first === undefined) return undefined;
  const path = place.builtinModules.find(ALERTER);
  if (path === undefined) {
    return issueWith(
      'config/alerts.yaml',
      `needs the built-in agent \`${ALERTER}\`, which is missing`,
      'install the mesh anew',
    );
  }
  const config: AlerterConfig = {
    rules: [...rules],
    routes: [...routes],
    machines: [...place.machines],
    errorRules: [...place.errorRules],
  };
  return {
    ...agentDefaults,
    name: ALERTER,
    wave: 0,
    machine: place.machine,
    instance: `${ALERTER}@${place.machine}`,
    program: { kind: 'module', module: ALERTER, path },
    cwd: place.home,
    inheritEnv: variablesOf(routes),
    config: dataOf(config),
    origin: origins.get(first.name) ?? NOWHERE,
  };
}

const NOWHERE: Origin = { file: 'config/alerts.yaml', line: 1, column: 1 };

/** Of main's node: what its routes name, and nothing else. */
function variablesOf(routes: FleetAlerts['routes']): string[] {
  const named = (values: readonly TextOrVariable[]) =>
    values.flatMap((value) => (typeof value === 'string' ? [] : [value.env]));
  const names = routes.flatMap((route) => {
    if (route.kind === 'webhook') return named([route.url, ...Object.values(route.headers)]);
    return route.kind === 'command' ? route.env : [];
  });
  return [...new Set(names)];
}

function dataOf(config: AlerterConfig): { readonly [key: string]: Json } {
  const data: { readonly [key: string]: Json } = JSON.parse(JSON.stringify(config));
  return data;
}
