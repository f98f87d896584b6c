/** Passes when the documents that a stage has to leave are there and hold something. */
import { readdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { GateReport } from '../../domain/verdict.ts';
import type { Gate } from '../../machines/pipeline.ts';
import { inside } from '../paths.ts';
import type { GatePlace } from './place.ts';

export function judgeArtifacts(
  { name: gate, files, need }: Extract<Gate, { kind: 'artifacts' }>,
  { documents }: GatePlace,
): GateReport {
  const missing = files.filter(pattern => !isThere(documents, pattern));
  const isPassed = need === 'all' ? missing.length === 0 : missing.length < files.length;
  if (isPassed) return { gate, verdict: 'pass', detail: `${files.length - missing.length} of ${files.length} there` };
  const wanted = need === 'all' ? `missing or empty: ${missing.join(', ')}` : `none of ${files.join(', ')} is there`;
  return { gate, verdict: 'fail', detail: wanted };
}

/** Whether a file with something in it matches; `*` stands for any part of the last name of the path. */
function isThere(documents: string, pattern: string): boolean {
  const folder = inside(documents, dirname(pattern));
  const last = pattern.slice(pattern.lastIndexOf('/') + 1);
  const match = new RegExp(`^${last.split('*').map(escapePattern).join('.*')}$`);
  try {
    return readdirSync(folder).some(name => match.test(name) && isFilled(inside(folder, name)));
  } catch {
    return false;
  }
}

function isFilled(path: string): boolean {
  const stat = statSync(path);
  return stat.isFile() && stat.size > 0;
}

const escapePattern = (text: string) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
