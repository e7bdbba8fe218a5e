/**
 * Runs a program of the mesh from its bundle: one file of source, and beside it what the engine compiled of it when it
 * ran before. A fleet starts seventy processes at once, and most of what each had to do was to read and compile the same
 * lines again.
 *
 * The cache belongs to one text and to one engine with its flags. The engine checks neither the text nor the bytes: so the
 * text stands in the cache too, and the bytes twice. To compare them takes a tenth of what it takes to load the modules that
 * know checksums. What does not fit is not used; a process that had to do without writes it anew, if it may. Nothing
 * depends on it but time.
 *
 * What a bundle runs cannot import a file by itself: the engine forgets for whom it has compiled. It is given a function.
 */
import fs = require('node:fs');
import Module = require('node:module');
import path = require('node:path');
import vm = require('node:vm');

const PIECE_BYTES = 65_536;
/** What a process does in its first seconds is what the next one will do in its. */
const WRITE_AFTER_MS = 2_000;

const loaded = new Map<string, unknown>();

/** The exports of `bundles/NAME.cjs` of this build. Once per process, whoever asks. */
function loadBundle(name: string): unknown {
  if (!loaded.has(name)) loaded.set(name, run(path.join(__dirname, '../../bundles', `${name}.cjs`)));
  return loaded.get(name);
}

function run(file: string): unknown {
  const cacheFile = `${file}.${engineMark()}.cache`;
  const text = fs.readFileSync(file);
  const cachedData = readCache(cacheFile, text);
  // The bundler writes ASCII only, of which the engine keeps one byte a character.
  const script = new vm.Script(text.toString('latin1'), {
    filename: file,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  if (cachedData === undefined || script.cachedDataRejected) writeSoon(script, cacheFile, text);
  const module = new Module(file);
  module.filename = file;
  script
    .runInThisContext()
    .call(module.exports, module.exports, Module.createRequire(file), module, file, path.dirname(file));
  return module.exports;
}

/** The engine refuses what one of another release or with other flags has compiled: then each is to find its own. */
function engineMark(): string {
  let mark = 0;
  const way = [process.versions.v8, process.arch, ...process.execArgv, process.env['NODE_OPTIONS']].join(' ');
  for (let at = 0; at < way.length; at++) mark = (Math.imul(mark, 31) + way.charCodeAt(at)) >>> 0;
  return mark.toString(16);
}

/** The text, what was compiled of it, and that again. Undefined when there is none, it is of another text, or it is damaged. */
function readCache(file: string, text: Buffer): Buffer | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = fs.openSync(file, 'r');
    const length = (fs.fstatSync(descriptor).size - text.length) / 2;
    if (length <= 0 || !Number.isInteger(length) || !comesNext(descriptor, text)) return undefined;
    const data = Buffer.allocUnsafeSlow(length);
    fs.readSync(descriptor, data, 0, length, null);
    return comesNext(descriptor, data) ? data : undefined;
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) fs.closeSync(descriptor);
  }
}

/** Compared piece by piece: a process that was just started would keep the memory of another copy for long. */
function comesNext(descriptor: number, expected: Buffer): boolean {
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  for (let at = 0; at < expected.length; ) {
    const length = fs.readSync(descriptor, piece, 0, Math.min(piece.length, expected.length - at), null);
    if (length === 0 || !piece.subarray(0, length).equals(expected.subarray(at, at + length))) return false;
    at += length;
  }
  return true;
}

function writeSoon(script: vm.Script, file: string, text: Buffer): void {
  const write = (): void => {
    clearTimeout(timer);
    process.off('exit', write);
    const draft = `${file}.${process.pid}`;
    try {
      // Many start at once: the first that is done has done it for all.
      if (readCache(file, text) !== undefined) return;
      const data = script.createCachedData();
      fs.writeFileSync(draft, Buffer.concat([text, data, data]));
      fs.renameSync(draft, file);
    } catch {
      // An installation that this user may not write to starts as slowly as before.
      fs.rmSync(draft, { force: true });
    }
  };
  const timer = setTimeout(write, WRITE_AFTER_MS);
  timer.unref();
  process.once('exit', write);
}

export = { loadBundle };
