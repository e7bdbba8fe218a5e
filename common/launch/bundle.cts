/**
 * Runs a program of the mesh from its bundle: one file of source, and beside it what the engine compiled of it when it
 * ran before. A fleet starts seventy processes at once, and most of what each had to do was to read and compile the same
 * lines again.
 *
 * The cache belongs to one build and to one engine with its flags and processor: the engine itself checks neither the
 * text nor the bytes, so their checksums stand in front of them. What does not fit is not used; a process that had to do
 * without writes it anew, if it may. Nothing depends on it but time.
 *
 * What a bundle runs cannot import a file by itself: the engine forgets for whom it has compiled. It is given a function.
 */
import fs = require('node:fs');
import Module = require('node:module');
import path = require('node:path');
import v8 = require('node:v8');
import vm = require('node:vm');
import zlib = require('node:zlib');

/** Checksum of the source, checksum of what follows. */
const HEADER_BYTES = 8;
/** What a process does in its first seconds is what the next one will do in its. */
const WRITE_AFTER_MS = 2_000;

const loaded = new Map<string, unknown>();

/** The exports of `bundles/NAME.cjs` of this build. Once per process, whoever asks. */
function loadBundle(name: string): unknown {
  if (!loaded.has(name)) loaded.set(name, run(path.join(__dirname, '../../bundles', `${name}.cjs`)));
  return loaded.get(name);
}

function run(file: string): unknown {
  const cacheFile = `${file}.${v8.cachedDataVersionTag().toString(16)}.cache`;
  const bytes = fs.readFileSync(file);
  const checksum = zlib.crc32(bytes);
  const cachedData = readCache(cacheFile, checksum);
  // The bundler writes ASCII only, of which the engine keeps one byte a character.
  const script = new vm.Script(bytes.toString('latin1'), {
    filename: file,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  if (cachedData === undefined || script.cachedDataRejected) writeSoon(script, cacheFile, checksum);
  const module = new Module(file);
  module.filename = file;
  script
    .runInThisContext()
    .call(module.exports, module.exports, Module.createRequire(file), module, file, path.dirname(file));
  return module.exports;
}

/** Undefined when there is none, it is of another build, or it is damaged. */
function readCache(file: string, checksum: number): Buffer | undefined {
  let bytes: Buffer;
  try {
    bytes = fs.readFileSync(file);
  } catch {
    return undefined;
  }
  if (bytes.length <= HEADER_BYTES || bytes.readUInt32LE(0) !== checksum) return undefined;
  const data = bytes.subarray(HEADER_BYTES);
  return zlib.crc32(data) === bytes.readUInt32LE(4) ? data : undefined;
}

function writeSoon(script: vm.Script, file: string, checksum: number): void {
  const write = (): void => {
    clearTimeout(timer);
    process.off('exit', write);
    const draft = `${file}.${process.pid}`;
    try {
      // Many start at once: the first that is done has done it for all.
      if (readCache(file, checksum) !== undefined) return;
      const data = script.createCachedData();
      const header = Buffer.alloc(HEADER_BYTES);
      header.writeUInt32LE(checksum, 0);
      header.writeUInt32LE(zlib.crc32(data), 4);
      fs.writeFileSync(draft, Buffer.concat([header, data]));
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
