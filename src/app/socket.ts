/**
 * Where the socket of a data directory lies. The name of a socket may be 107 bytes long; where a data directory lies too
 * deep for that, the socket lies in a short place and `api.sock` leads to it.
 */
import { chmodSync, lstatSync, mkdtempSync, readlinkSync, rmdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { DataPaths } from './data-directory.ts';

/** What the system takes (sun_path of sockaddr_un, without its end). */
const longestName = 107;

/** The socket to connect to; undefined where nobody listens who could be asked. It may have been left by a dead process. */
export function socketOf({ socket }: Pick<DataPaths, 'socket'>): string | undefined {
  try {
    if (!lstatSync(socket).isSymbolicLink()) return socket;
    const target = readlinkSync(socket);
    return isOursAlone(dirname(target)) ? target : undefined;
  } catch {
    return undefined;
  }
}

/** A short place lies where others may make one too: after a crash somebody may have taken the name that it had. */
function isOursAlone(directory: string): boolean {
  const { uid, mode } = lstatSync(directory);
  return lstatSync(directory).isDirectory() && uid === process.getuid?.() && (mode & 0o077) === 0;
}

/** Clears what a predecessor has left and answers where to listen. Only for who owns the data directory. */
export function placeForSocket(paths: Pick<DataPaths, 'socket'>): string {
  removeSocket(paths);
  if (Buffer.byteLength(paths.socket) <= longestName) return paths.socket;
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-'));
  chmodSync(directory, 0o700);
  const short = join(directory, 'api.sock');
  symlinkSync(short, paths.socket);
  return short;
}

/** Removes the socket, and the short place where it has one. */
export function removeSocket(paths: Pick<DataPaths, 'socket'>): void {
  const real = socketOf(paths);
  rmSync(paths.socket, { force: true });
  if (real === undefined || real === paths.socket) return;
  rmSync(real, { force: true });
  try {
    rmdirSync(dirname(real));
  } catch {
    // Somebody else has something there, or it has gone.
  }
}
