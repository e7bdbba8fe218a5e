/**
 * A small valid fleet in a temporary folder, of which a test changes one file at a time: so each test shows nothing
 * but its fault. Its agents `./agents/*.js` are real (empty) files; its built-in agents are a folder of their own.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { type BuiltinModules, builtinModulesIn } from '../../common/config/agents/builtin-modules.js';
import { type FleetConfig, loadFleet } from '../../common/config/fleet-config.js';
import type { Issue } from '../../common/config/source/issues.js';
import { MeshError } from '../../common/core/errors.js';

const files: Readonly<Record<string, string>> = {
  'config/mesh.yaml': [
    'mesh: test',
    'machines:',
    '  main: { role: main, address: 127.0.0.1 }',
    '  pc2: { role: secondary, address: 127.0.0.2 }',
  ].join('\n'),
  'config/machines/main.yaml': ['agents:', '  echo:', '    module: ./agents/own.js'].join('\n'),
  'config/machines/pc2.yaml': ['agents:', '  watcher:', '    module: watcher', '    after: []'].join('\n'),
  'ports.json': [
    '{',
    '  "main": { "node": 7400, "registry": 7401, "log": 7402, "publish": 7403, "subscribe": 7404, "broker": 7405 },',
    '  "pc2": { "node": 7400, "publish": 7403, "subscribe": 7404, "broker": 7405 }',
    '}',
  ].join('\n'),
  'agents/own.js': '',
  'built-in/echo/agent.js': '',
  'built-in/watcher/agent.js': '',
  'bin/tool': '#!/bin/sh',
  'bin/text': 'not executable',
  'built-in/draft/notes.md': 'a folder without an agent.js is not an agent',
};

export class FleetFolder {
  readonly home = mkdtempSync(join(tmpdir(), 'mesh-config-'));
  readonly builtinModules: BuiltinModules = builtinModulesIn(join(this.home, 'built-in'));

  constructor() {
    for (const [name, text] of Object.entries(files)) this.write(name, text);
    chmodSync(join(this.home, 'bin/tool'), 0o755);
  }

  write(name: string, ...lines: string[]): void {
    const file = join(this.home, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, lines.join('\n'));
  }

  remove(name: string): void {
    rmSync(join(this.home, name), { recursive: true });
  }

  /** As whoever is to start its agents: programs are those of ./bin, and there is one user beside root. */
  load(env?: string, uid = 0): FleetConfig {
    const uidOf = (user: string) => (user === 'daemon' ? 1 : undefined);
    const boxOf = () => ({ path: `/nowhere:${this.home}/bin`, starter: { uid, nice: 0 }, uidOf });
    return loadFleet({ home: this.home, env, builtinModules: this.builtinModules, boxOf });
  }

  /** As who only asks. */
  look(): FleetConfig {
    return loadFleet({ home: this.home, builtinModules: this.builtinModules });
  }

  /** The refusal of this folder. */
  refusal(env?: string, uid?: number): MeshError {
    const error = refusalOf(() => this.load(env, uid));
    expect(error.details?.['home']).to.equal(this.home);
    return error;
  }

  close(): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}

export function refusalOf(action: () => unknown): MeshError {
  try {
    action();
  } catch (error) {
    if (error instanceof MeshError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

const isIssue = (value: unknown): value is Issue => typeof value === 'object' && value !== null && 'file' in value;

export function issuesOf(error: MeshError): Issue[] {
  const issues = error.details?.['issues'];
  return Array.isArray(issues) ? issues.filter(isIssue) : [];
}
