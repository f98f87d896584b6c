/** Passes when the documents that a stage has to leave are there and hold something. */
import { posix } from 'node:path';
import type { GateReport } from '../../domain/verdict.ts';
import type { Gate } from '../../machines/pipeline.ts';
import type { Documents } from './documents.ts';

export function judgeArtifacts(
  { name: gate, files, need }: Extract<Gate, { kind: 'artifacts' }>,
  documents: Documents,
): GateReport {
  const missing = files.filter(pattern => !isThere(documents, pattern));
  const isPassed = need === 'all' ? missing.length === 0 : missing.length < files.length;
  if (isPassed) return { gate, verdict: 'pass', detail: `${files.length - missing.length} of ${files.length} there` };
  const wanted = need === 'all' ? `missing or empty: ${missing.join(', ')}` : `none of ${files.join(', ')} is there`;
  return { gate, verdict: 'fail', detail: wanted };
}

/** Whether a file with something in it matches; `*` stands for any part of the last name of the path. */
function isThere({ sizes }: Documents, pattern: string): boolean {
  const { dir, base } = posix.parse(posix.normalize(pattern));
  const match = new RegExp(`^${base.split('*').map(escapePattern).join('.*')}$`);
  return [...sizes].some(
    ([path, size]) => size > 0 && posix.dirname(path) === (dir || '.') && match.test(posix.basename(path)),
  );
}

const escapePattern = (text: string) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
