#!/usr/bin/env node
/** The `mesh` command: hands the process to `runMesh` and ends with its exit code. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runMesh } from './program.js';
import { Interruption } from './terminal/interruption.js';

const interruption = new Interruption();
interruption.listen(process);

async function main(): Promise<void> {
  const { argv, env, stdin, stdout, stderr } = process;
  const code = await runMesh({
    argv: argv.slice(2),
    env,
    cwd: process.cwd(),
    stdin,
    stdout,
    stderr,
    version: versionOf(new URL('../../package.json', import.meta.url)),
    interruption,
  });
  // Sockets and timers that something left open must not keep the command.
  process.exit(code);
}

function versionOf(url: URL): string {
  const text: unknown = JSON.parse(readFileSync(fileURLToPath(url), 'utf8'));
  return typeof text === 'object' && text !== null && 'version' in text ? String(text.version) : 'unknown';
}

void main();
